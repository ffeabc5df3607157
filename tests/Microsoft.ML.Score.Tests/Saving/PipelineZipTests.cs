using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Serving;
using Microsoft.ML.Score.Soak;

namespace Microsoft.ML.Score.Saving;

/// <summary>Zips as an attacker or a broken disk makes them, through the product's own ways to load one.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class PipelineZipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _context = new(1);

    public void Dispose() => _folder.Dispose();

    private string Zip => _folder.File("pipeline.zip");

    [TestCase("\"RetentionRatio\":0.25", "\"RetentionRatio\":-1.0", "RetentionRatio must lie in (0, 1], got -1")]
    [TestCase("\"RetentionRatio\":0.25", "\"RetentionRatio\":1e99", "RetentionRatio must lie in (0, 1]")]
    [TestCase("\"RetentionRatio\":0.25", "\"RetentionRatio\":true", "RetentionRatio")]
    [TestCase("\"uniform\"", "\"unifoam\"", "Expected the word of a compression method")]
    [TestCase("\"uniform\"", "\"fastvid\"", "Method must be a method that prunes without training, got fastvid")]
    [TestCase("\"Mask\":\"Mask\"", "\"Mask\":\"\"    ", "Mask must not be empty")]
    [TestCase("\"Height\":0", "\"Height\":9", "")]
    [TestCase("\"Dimension\":0", "\"Dimension\":-", "")]
    public void LoadScore_SettingThatNoOptionsAllow_IsRefusedOnLoad(string written, string damaged, string fault)
    {
        Save();
        Rewrite(payload => Replace(payload, written, damaged));

        if (fault.Length == 0)
            DamagedFile.ReadsOrRefuses([], allowance: 64 << 20, () => _context.Model.LoadScore(Zip, out _));
        else
            Assert.That(() => _context.Model.LoadScore(Zip, out _),
                Throws.TypeOf<InvalidDataException>().With.Message.StartWith($"The pipeline '{Zip}' cannot be loaded: ").And.Message.Contains(fault).And.Message.Length.LessThan(500));
    }

    [Test]
    public void LoadScore_ClaimOfTwoBillionBytes_IsRefusedBeforeMemoryIsTaken([Values(2_000_000_000, -1, 0)] int claim)
    {
        Save(policy: true);
        Rewrite(payload =>
        {
            // Two strings, each behind its length, then the length of the policy's bytes.
            using var reader = new BinaryReader(new MemoryStream(payload));
            _ = (reader.ReadString(), reader.ReadString());
            BitConverter.TryWriteBytes(payload.AsSpan((int)reader.BaseStream.Position), claim);
            return payload;
        });

        DamagedFile.ReadsOrRefuses([], allowance: 64 << 20, () => Assert.That(() => _context.Model.LoadScore(Zip, out _),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(Zip).And.Message.Contains($"claims {claim} bytes")));
        DamagedFile.ReadsOrRefuses([], allowance: 64 << 20, () => Assert.That(() => EstimatorWorkout.Read(_context.Model.Load(Zip, out _).Transform(Rows()), "Mask"),
            Throws.InstanceOf<Exception>().With.Property(nameof(Exception.Message)).Contains($"claims {claim} bytes").Or.InnerException.Message.Contains($"claims {claim} bytes")));
    }

    [Test]
    public void LoadScore_HostileClaim_IsRefusedInLittleMemory()
    {
        var path = RepositoryFolder.RequireShared("cases", "hostile", "claim_2000000000.zip");

        DamagedFile.ReadsOrRefuses([], allowance: 64 << 20, () => Assert.That(() => _context.Model.LoadScore(path, out _),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(path).And.Message.Length.LessThan(500)));
    }

    /// <summary>ML.NET itself throws here, while it loads.</summary>
    [Test]
    public void LoadScore_ForeignContract_NamesZipAndContract()
    {
        Save();
        RewriteEntries(bytes => Replace(bytes, Wide(CarrierChain.ContractName), Wide(CarrierChain.ContractName.Replace("Score", "Scare", StringComparison.Ordinal))));

        Assert.That(() => _context.Model.LoadScore(Zip, out _), Throws.TypeOf<InvalidDataException>().With.Message.Contains(Zip).And.Message.Contains("Microsoft.ML.Scare.Transformer.v1"));
        using (var file = File.OpenRead(Zip))
            Assert.That(() => ModelSource.Load(_context, file, null), Throws.TypeOf<InvalidDataException>().With.Message.Contains(Zip));
    }

    [Test]
    public void LoadScore_EntryThatSwells_IsRefusedBeforeItIsRead()
    {
        Save();
        using (var zip = ZipFile.Open(Zip, ZipArchiveMode.Update))
        using (var entry = zip.CreateEntry("TransformerChain/Bomb").Open())
            for (var i = 0; i < 100; i++)
                entry.Write(new byte[1 << 20]);

        DamagedFile.ReadsOrRefuses([], allowance: 16 << 20, () => Assert.That(() => _context.Model.LoadScore(Zip, out _),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(Zip).And.Message.Contains("'TransformerChain/Bomb'")));
    }

    [TestCase("{}")]
    [TestCase("")]
    public void LoadScore_NoZip_NamesIt(string content)
    {
        File.WriteAllText(Zip, content);

        Assert.That(() => _context.Model.LoadScore(Zip, out _), Throws.TypeOf<InvalidDataException>().With.Message.Contains(Zip));
    }

    [Test]
    public void LoadScore_NoFile_IsFileNotFound() => Assert.That(() => _context.Model.LoadScore(Zip, out _), Throws.TypeOf<FileNotFoundException>());

    /// <summary>A byte of the file in so many, at places that differ from run to run of this loop, and every byte of what is ours.</summary>
    [Test]
    public void LoadScore_DamagedAnywhere_LoadsOrNamesTheZip()
    {
        Save();
        var bytes = File.ReadAllBytes(Zip);
        foreach (var (variant, i) in DamagedFile.Variants(bytes).Select((variant, i) => (variant, i)))
            if (i % 23 == 0 || i > bytes.Length * 2 - 400)
                LoadsOrNamesTheZip(variant);
    }

    [Test]
    public void Decode_DamagedAnywhere_RestoresOrRefuses()
    {
        foreach (var saved in new[] { Transformer(false).ToSaved(), Transformer(true).ToSaved() })
        {
            var payload = Convert.FromBase64String(saved.Encode());
            var start = saved.Settings.Length + saved.Kind.Length + 100;
            foreach (var variant in DamagedFile.Variants(payload[..Math.Min(start, payload.Length)]))
                DamagedFile.ReadsOrRefuses(variant, allowance: 16 << 20, () =>
                    SavedTransformer.Decode(Convert.ToBase64String([.. variant, .. payload.AsSpan(Math.Min(start, payload.Length))])).Restore(new ScoreLoadOptions()));
        }
    }

    private void LoadsOrNamesTheZip(byte[] variant)
    {
        File.WriteAllBytes(Zip, variant);
        try
        {
            _context.Model.LoadScore(Zip, out _);
        }
        catch (InvalidDataException error)
        {
            Assert.That(error.Message, Does.Contain(Zip).And.Length.LessThan(500));
        }
    }

    private IDataView Rows() => _context.Data.LoadFromEnumerable(new[] { FeatureRow.Small(0) });

    private VideoTransformer Transformer(bool policy)
    {
        var rows = Rows();
        return policy
            ? (VideoTransformer)_context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(4, seed: 7), new ScorePolicyOptions { RetentionRatio = 0.25 }).Fit(rows)
            : _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Uniform, new PruneTokensOptions { RetentionRatio = 0.25 }).Fit(rows);
    }

    private void Save(bool policy = false) => _context.Model.Save(Transformer(policy), Rows().Schema, Zip);

    /// <summary>Changes what our constant carries, at its length.</summary>
    private void Rewrite(Func<byte[], byte[]> change)
    {
        var found = 0;
        RewriteEntries(bytes => Encoding.Latin1.GetBytes(Constant().Replace(Encoding.Latin1.GetString(bytes), match =>
        {
            found++;
            return Wide(Convert.ToBase64String(change(Convert.FromBase64String(match.Value.Replace("\0", "", StringComparison.Ordinal)))));
        })));
        Assert.That(found, Is.EqualTo(1), "constants in the zip");
    }

    private void RewriteEntries(Func<byte[], byte[]> change)
    {
        using var zip = ZipFile.Open(Zip, ZipArchiveMode.Update);
        foreach (var entry in zip.Entries.ToArray())
        {
            using var stream = entry.Open();
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            stream.SetLength(0);
            stream.Write(change(bytes));
        }
    }

    private static byte[] Replace(byte[] bytes, string text, string other)
    {
        Assert.That(other, Has.Length.EqualTo(text.Length));
        return Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace(text, other, StringComparison.Ordinal));
    }

    /// <summary>A text as ML.NET stores it, two bytes a character.</summary>
    private static string Wide(string text) => Encoding.Latin1.GetString(Encoding.Unicode.GetBytes(text));

    [GeneratedRegex("(?<=x\0 \0=\0>\0 \0\"\0)([A-Za-z0-9+/=]\0){40,}(?=\")")]
    private static partial Regex Constant();
}
