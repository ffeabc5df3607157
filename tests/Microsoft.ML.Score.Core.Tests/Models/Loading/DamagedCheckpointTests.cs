namespace Microsoft.ML.Score.Models.Loading;

/// <summary>Every truncation and changes of every byte of the configuration files of a checkpoint, through the door that users take.</summary>
[TestFixture]
public class DamagedCheckpointTests
{
    private RandomCheckpoint _checkpoint = null!;

    [SetUp]
    public void SetUp() => _checkpoint = new RandomCheckpoint();

    [TearDown]
    public void TearDown() => _checkpoint.Dispose();

    [TestCase("config.json")]
    [TestCase("generation_config.json")]
    [TestCase("preprocessor_config.json")]
    [TestCase("video_preprocessor_config.json")]
    public void Load_DamagedConfiguration_GivesAModelOrInvalidData(string name)
    {
        File.WriteAllText(
            PathOf("preprocessor_config.json"),
            """{"patch_size":4,"temporal_patch_size":2,"merge_size":2,"min_pixels":256,"max_pixels":9216,"image_mean":[0.5,0.4,0.3],"image_std":[0.2,0.2,0.2],"do_resize":true,"resample":3}""");

        var bytes = File.ReadAllBytes(PathOf(name));
        var allowance = 2 * DamagedFile.Allocated(Load) + 100 * bytes.Length;
        foreach (var variant in DamagedFile.Variants(bytes))
        {
            File.WriteAllBytes(PathOf(name), variant);
            DamagedFile.ReadsOrRefuses(variant, allowance, Load);
        }

        void Load() => VideoModel.Load(_checkpoint.Folder).Dispose();
    }

    [Test]
    public void Load_DamagedConfigurationOfLlavaVideo_GivesAModelOrInvalidData()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        var path = Path.Combine(checkpoint.Folder, "config.json");
        var bytes = File.ReadAllBytes(path);
        var allowance = 2 * DamagedFile.Allocated(Load) + 100 * bytes.Length;
        foreach (var variant in DamagedFile.Variants(bytes))
        {
            File.WriteAllBytes(path, variant);
            DamagedFile.ReadsOrRefuses(variant, allowance, Load);
        }

        void Load() => VideoModel.Load(checkpoint.Folder).Dispose();
    }

    [TestCase("config.json", "\"qwen2_5_vl\"", "\"\\ud800\"")]
    [TestCase("config.json", "\"depth\"", "\"\\udfff\"")]
    [TestCase("generation_config.json", "\"eos_token_id\"", "\"\\ud800\"")]
    public void Load_EscapeThatIsNoCharacter_IsInvalidData(string name, string find, string replace)
    {
        File.WriteAllText(PathOf(name), File.ReadAllText(PathOf(name)).Replace(find, replace, StringComparison.Ordinal));

        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(name));
    }

    [TestCase("config.json")]
    [TestCase("generation_config.json")]
    [TestCase("model.safetensors.index.json")]
    [TestCase("video_preprocessor_config.json")]
    [TestCase("tokenizer_config.json")]
    [TestCase("vocab.json")]
    [TestCase("tokenizer.json")]
    [TestCase("special_tokens_map.json")]
    [TestCase("added_tokens.json")]
    public void Load_DeepNesting_IsInvalidData(string name)
    {
        File.Delete(PathOf(name == "model.safetensors.index.json" ? "model.safetensors" : name));
        foreach (var nesting in (string[])["[", "{\"a\":", "{\"weight_map\":"])
        {
            File.WriteAllText(PathOf(name), string.Concat(Enumerable.Repeat(nesting, 100_000)));
            Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>());
        }
    }

    private string PathOf(string name) => Path.Combine(_checkpoint.Folder, name);
}
