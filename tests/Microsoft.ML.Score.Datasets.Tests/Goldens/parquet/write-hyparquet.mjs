// Writes the files of hyparquet-writer from the rows of writers.json; see README.md.
import fs from 'fs';
import { parquetWriteBuffer } from 'hyparquet-writer';

const rows = JSON.parse(fs.readFileSync('writers.json', 'utf8').replace(/"big":(\d+)/g, '"big":"$1"'));
const list = (name, type) => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'OPTIONAL', ...type },
];
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
const types = {
  extra: { type: 'INT64' }, videoID: text, question_id: text, task_type: text, question: text, options: null, answer: text,
  big: { type: 'INT64', converted_type: 'UINT_64' }, tiny: { type: 'INT32', converted_type: 'INT_8' },
  real: { type: 'DOUBLE' }, small: { type: 'FLOAT' }, flag: { type: 'BOOLEAN' }, numbers: null,
};
const schema = [{ name: 'root', num_children: Object.keys(types).length },
  ...Object.entries(types).flatMap(([name, type]) => type ? [{ name, repetition_type: 'OPTIONAL', ...type }] : list(name, name === 'options' ? text : { type: 'INT32' }))];
const stored = { big: BigInt, extra: BigInt };
const columnData = Object.keys(types).map(name => ({ name, data: rows.map(row => stored[name] ? stored[name](row[name]) : row[name]) }));
for (const [name, codec] of Object.entries({ snappy: 'SNAPPY', plain: 'UNCOMPRESSED' }))
  fs.writeFileSync(`hyparquet-${name}.parquet`, Buffer.from(parquetWriteBuffer({ columnData, schema, codec })));
