// Writes the Parquet files beside it from rows made here; see README.md.
import fs from 'fs';
import { createRequire } from 'module';
import { Bool, Field, Float32, Float64, Int32, Int64, List, Table, TimestampMillisecond, Utf8, tableToIPC, vectorFromArray } from 'apache-arrow';

const { Compression, Table: WasmTable, WriterPropertiesBuilder, WriterVersion, writeParquet } = createRequire(import.meta.url)('parquet-wasm/node');
const tasks = ['Counting Problem', 'OCR Problems', 'Temporal Reasoning'];
const text = new Utf8();
const texts = new List(new Field('element', text, true));
const types = {
  videoID: text, duration: text, domain: text, sub_category: text, question_id: text, task_type: text, question: text, options: texts, answer: text,
  tags: texts, whole: new Int32(), big: new Int64(), real: new Float64(), small: new Float32(), flag: new Bool(), half: new Int32(),
  when: new TimestampMillisecond(), // not in rows.json: readers leave times out
};

function options(i) {
  if (i === 5) return ['A. only', 'B. two'];
  if (i === 11) return ['A. ünï', "B. it's", 'C. "q"', 'D. ' + 'long '.repeat(40)];
  return [`A. ${i}`, `B. ${i + 1}`, `C. ${i * i}`, 'D. none'];
}

const rows = [...Array(40).keys()].map(i => ({
  videoID: `clip-${Math.floor(i / 3)}`,
  duration: ['short', 'medium', 'long'][Math.floor(i / 3) % 3],
  domain: i % 7 === 6 ? null : 'Knowledge',
  sub_category: 'Law',
  question_id: `${Math.floor(i / 3)}-${i % 3 + 1}`,
  task_type: tasks[i % 3],
  question: `What is number ${i}? é 😀`,
  options: options(i),
  answer: 'AB'[i % 2],
  tags: [null, [], [null, 'x'], ['y'], ['y', null]][i % 5],
  whole: i * 1000003 - 7,
  big: BigInt(i) * 10000000000n,
  real: i / 8,
  small: i / 4,
  flag: i % 3 === 0,
  half: i % 2 ? null : i,
}));

function write(name, some, change) {
  const columns = Object.fromEntries(Object.entries(types).map(([key, type]) => [key, vectorFromArray(some.map(row => key === 'when' ? new Date(row.whole) : row[key]), type)]));
  const table = WasmTable.fromIPCStream(tableToIPC(new Table(columns), 'stream'));
  fs.writeFileSync(`${name}.parquet`, writeParquet(table, change(new WriterPropertiesBuilder()).build()));
}

const plain = b => b.setCompression(Compression.UNCOMPRESSED).setDictionaryEnabled(false);
const snappy = b => b.setCompression(Compression.SNAPPY);
const gzip = b => b.setCompression(Compression.GZIP).setMaxRowGroupSize(16).setDataPageSizeLimit(64).setWriteBatchSize(4);
const second = b => b.setCompression(Compression.SNAPPY).setWriterVersion(WriterVersion.V2);
fs.writeFileSync('rows.json', JSON.stringify(rows, (_, value) => typeof value === 'bigint' ? Number(value) : value, 1));
write('plain-v1', rows, plain);
write('snappy-v1-dictionary', rows, snappy);
write('gzip-v1-groups', rows, gzip);
write('snappy-v2-dictionary', rows, second);
write('zstd', rows, b => b.setCompression(Compression.ZSTD));
for (const [name, change] of Object.entries({ snappy, v2: second })) write(`small-${name}`, rows.slice(0, 4), change);
