using System.Text;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
internal sealed class RopeSettingsTests
{
    [TestCase("""{"rope_theta":5e5}""", 5e5)]
    [TestCase("""{"rope_theta":5e5,"rope_scaling":null}""", 5e5)]
    [TestCase("""{"rope_parameters":{"rope_theta":5e5,"rope_type":"default"}}""", 5e5)]
    [TestCase("""{"rope_theta":5e5,"rope_parameters":{"rope_theta":500000,"type":"default"}}""", 5e5)]
    [TestCase("""{"text_config":{"rope_parameters":{"rope_theta":5e5}}}""", 5e5)]
    [TestCase("""{"text_config":{},"rope_theta":5e5}""", 5e5)]
    [TestCase("""{"rope_scaling":{"rope_type":"default","factor":1.0,"original_max_position_embeddings":32768,"partial_rotary_factor":1}}""", null)]
    [TestCase("{}", null)]
    public void Read_PlainPositions_AreReadWhereverTheyStand(string json, double? theta) => Assert.That(Read(json, "default").Theta, Is.EqualTo(theta));

    [TestCase("linear", """{"type":"linear","factor":2.0}""")]
    [TestCase("dynamic", """{"rope_type":"dynamic","factor":2.0}""")]
    [TestCase("yarn", """{"type":"default","rope_type":"yarn","factor":4.0}""")]
    [TestCase("llama3", """{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0}""")]
    [TestCase("longrope", """{"type":"longrope","short_factor":[1],"long_factor":[2]}""")]
    [TestCase("mrope", """{"type":"mrope","mrope_section":[4,2,2]}""")]
    [TestCase("factor", """{"factor":2.0}""")]
    [TestCase("factor", """{"type":"default","factor":2.0}""")]
    [TestCase("mrope_interleaved", """{"type":"default","mrope_interleaved":true}""")]
    [TestCase("full_attention", """{"full_attention":{"rope_type":"default"}}""")]
    public void Read_OtherPositions_NamesThemWhereverTheyStand(string named, string settings)
    {
        foreach (var json in (string[])["{\"PLACE\":VALUE}", "{\"text_config\":{\"PLACE\":VALUE}}", "{\"text_config\":{},\"PLACE\":VALUE}"])
            foreach (var place in (string[])["rope_scaling", "rope_parameters"])
                Assert.That(
                    () => Read(json.Replace("PLACE", place).Replace("VALUE", settings), "default"),
                    Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("config.json: ").And.Message.Contains($"'{named}'").And.Message.Contains(place));
    }

    [Test]
    public void Read_MropeSection_IsTheOneOfAllPlaces()
    {
        Assert.That(Read("""{"rope_scaling":{"type":"default","mrope_section":[4,2,2]},"text_config":{"rope_parameters":{"rope_type":"mrope","mrope_section":[4,2,2]}}}""", "mrope", "default").MropeSection,
            Is.EqualTo(new[] { 4, 2, 2 }));
        Assert.That(
            () => Read("""{"rope_scaling":{"mrope_section":[4,2,2]},"rope_parameters":{"mrope_section":[2,3,3]}}""", "mrope", "default"),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("[2, 3, 3] in rope_parameters and [4, 2, 2] in rope_scaling"));
    }

    [TestCase("""{"rope_theta":1e6,"rope_parameters":{"rope_theta":5e5}}""", "rope_theta is 1000000 and rope_parameters.rope_theta is 500000")]
    [TestCase("""{"rope_theta":1e6,"text_config":{"rope_theta":5e5}}""", "text_config.rope_theta is 500000 and rope_theta is 1000000")]
    [TestCase("""{"rope_parameters":{"rope_theta":1e999}}""", "'rope_theta' must be a positive number, got 1e999")]
    [TestCase("""{"rope_parameters":[]}""", "'rope_parameters' must be an object")]
    [TestCase("""{"rope_scaling":{"type":2}}""", "'type' must be a string")]
    public void Read_ContradictionOrWrongKind_NamesBoth(string json, string expected) =>
        Assert.That(() => Read(json, "default"), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    private static RopeSettings Read(string json, params string[] types) => RopeSettings.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(json), "config.json"), types);
}
