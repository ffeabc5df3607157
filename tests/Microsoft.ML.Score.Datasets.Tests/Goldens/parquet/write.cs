// Writes the files of DuckDB and Parquet.Net from the rows of writers.json; see README.md.
#:package DuckDB.NET.Data.Full@1.5.6.1
#:package Parquet.Net@6.1.0
#:property PublishAot=false
using System.Text.Json;
using DuckDB.NET.Data;
using Parquet;
using Parquet.Serialization;

using var connection = new DuckDBConnection("DataSource=:memory:");
connection.Open();
Run("""
    CREATE TABLE rows AS SELECT i AS extra, 'clip-' || (i // 3) AS "videoID", i || '-1' AS question_id, 'Counting' AS task_type, 'Wie viele? é 😀 ' || i AS question,
        CASE i % 5 WHEN 4 THEN NULL WHEN 3 THEN [] WHEN 2 THEN ['A. ' || i, NULL, 'C.'] ELSE ['A. ' || i, 'B.', 'C.'] END AS options,
        substr('ABC', CAST(i % 3 AS INT) + 1, 1) AS answer, CAST(18446744073709551615 - i AS UBIGINT) AS big,
        CAST(i * -7 AS TINYINT) AS tiny, i / 8.0::DOUBLE AS real, CAST(i / 4.0 AS FLOAT) AS small, i % 2 = 0 AS flag, DATE '2026-01-01' AS day, [CAST(i AS INTEGER), NULL] AS numbers
    FROM range(12) t(i)
    """);
foreach (var (name, options) in new[] { ("snappy", "COMPRESSION snappy"), ("zstd-v2", "COMPRESSION zstd, PARQUET_VERSION V2"), ("brotli", "COMPRESSION brotli"), ("lz4", "COMPRESSION lz4_raw") })
    Run($"COPY rows TO 'duckdb-{name}.parquet' (FORMAT parquet, {options})");

void Run(string sql)
{
    using var command = connection.CreateCommand();
    command.CommandText = sql;
    command.ExecuteNonQuery();
}

var rows = Enumerable.Range(0, 12).Select(i => new Row
{
    extra = i, videoID = $"clip-{i / 3}", question_id = $"{i}-1", task_type = "Counting", question = $"Wie viele? é 😀 {i}",
    options = (i % 5) switch { 4 => null, 3 => [], 2 => [$"A. {i}", null, "C."], _ => [$"A. {i}", "B.", "C."] },
    answer = "ABC".Substring(i % 3, 1), big = ulong.MaxValue - (ulong)i, tiny = (sbyte)(i * -7), real = i / 8.0, small = i / 4f, flag = i % 2 == 0,
    numbers = [i, null],
}).ToList();
foreach (var method in new[] { CompressionMethod.Snappy, CompressionMethod.Gzip, CompressionMethod.Zstd })
    await ParquetSerializer.SerializeAsync(rows, $"parquet-net-{method.ToString().ToLowerInvariant()}.parquet", new ParquetOptions { CompressionMethod = method });
File.WriteAllText("writers.json", JsonSerializer.Serialize(rows, new JsonSerializerOptions { WriteIndented = false, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

class Row
{
    public long extra { get; set; }
    public string? videoID { get; set; }
    public string? question_id { get; set; }
    public string? task_type { get; set; }
    public string? question { get; set; }
    public List<string?>? options { get; set; }
    public string? answer { get; set; }
    public ulong big { get; set; }
    public sbyte tiny { get; set; }
    public double real { get; set; }
    public float small { get; set; }
    public bool flag { get; set; }
    public List<int?>? numbers { get; set; }
}
