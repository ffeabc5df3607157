using System.Text;

namespace Microsoft.ML.Score.Datasets.Training;

[TestFixture]
public sealed class TrainingSetTests : IDisposable
{
    private const string Llava = """
        [
          {"id": "a", "video": "clips/a.mp4", "data_source": "0_30_s", "conversations": [{"from": "human", "value": "<image>\nDescribe it."}, {"from": "gpt", "value": "A cat."}, {"from": "gpt", "value": "More."}]},
          {"id": "b", "image": "b.jpg", "conversations": [{"from": "human", "value": "What?"}, {"from": "gpt", "value": "A dog."}]},
          {"id": "c", "image": ["b.jpg"], "video": null, "conversations": [{"from": "gpt", "value": "One of a list."}]},
          {"id": "d", "video": "clips/gone.mp4", "conversations": [{"from": "gpt", "value": "Gone."}]},
          {"id": "e", "conversations": [{"from": "human", "value": "2+2?"}, {"from": "gpt", "value": "4"}]},
          {"id": "f", "image": ["b.jpg", "a.jpg"], "conversations": [{"from": "gpt", "value": "Two."}]}
        ]
        """;

    private const string Coco = """
        {"info": {}, "images": [{"id": 7, "file_name": "b.jpg"}, {"id": 8, "file_name": "gone.jpg"}, {"id": 9, "file_name": "b.jpg"}],
         "annotations": [{"id": 1, "image_id": 8, "caption": "Gone."}, {"id": 2, "image_id": 7, "caption": "A dog."}, {"id": 3, "image_id": 7, "caption": "A second one."}]}
        """;

    private readonly TemporaryFolder _folder = new();

    public TrainingSetTests()
    {
        Directory.CreateDirectory(_folder.File("clips"));
        foreach (var name in new[] { "clips/a.mp4", "b.jpg" })
            File.WriteAllText(_folder.File(name), "");
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Read_LlavaConversations_GivesImagesVideosAndWhatIsSkipped()
    {
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(Write(Llava), TrainingSetFormat.Llava, onSkipped: skipped.Add).ToList();

        Assert.That(rows, Is.EqualTo(new[]
        {
            new CaptionedFile(_folder.File("clips/a.mp4"), "A cat.", IsStill: false, "clips/a.mp4") { Place = "row 0" },
            new CaptionedFile(_folder.File("b.jpg"), "A dog.", IsStill: true, "b.jpg") { Place = "row 1" },
            new CaptionedFile(_folder.File("b.jpg"), "One of a list.", IsStill: true, "b.jpg") { Place = "row 2" },
        }));
        Assert.That(skipped.Select(row => (row.Place, row.Reason)), Is.EqualTo(new[]
        {
            ("row 3", SkipReason.MissingFile), ("row 4", SkipReason.NotCaptioned), ("row 5", SkipReason.NotCaptioned),
        }));
    }

    [Test]
    public void Read_CocoCaptions_GivesEachImageWithItsFirstCaption()
    {
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(Write(Coco), TrainingSetFormat.Coco, onSkipped: skipped.Add).ToList();

        Assert.That(rows, Is.EqualTo(new[] { new CaptionedFile(_folder.File("b.jpg"), "A dog.", IsStill: true, "b.jpg") { Place = "images[0]" } }));
        Assert.That(skipped.Select(row => (row.Place, row.Reason)), Is.EqualTo(new[] { ("images[1]", SkipReason.MissingFile), ("images[2]", SkipReason.NotCaptioned) }));
    }

    [Test]
    public void Read_KoalaCsv_FindsVideosByIdWithAndWithoutExtension()
    {
        var set = Write("﻿videoID,url,timestamp,caption,clarity score\na,https://x,\"['0:00:01', '0:00:02']\",\"A cat, \"\"quoted\"\",\nover two lines.\",0.5\na.mp4,https://x,t,A dog.,0.5\nb,https://x,t,Gone.,1\n");
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(set, TrainingSetFormat.Koala, _folder.File("clips"), onSkipped: skipped.Add).ToList();

        Assert.That(rows.Select(row => (row.Name, row.Caption, row.IsStill)), Is.EqualTo(new[] { ("a.mp4", "A cat, \"quoted\",\nover two lines.", false), ("a.mp4", "A dog.", false) }));
        Assert.That(skipped.Select(row => (row.Place, row.Reason)), Is.EqualTo(new[] { ("line 5", SkipReason.MissingFile) }));
    }

    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "conversations": [{"from": "gpt", "value": "A dog."}]}, 3]""", "row 1")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": 3, "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "row 0")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": [3], "conversations": []}]""", "row 0")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "conversations": [{"from": "human", "value": "What?"}, 4]}]""", "row 0")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "conversations": [{"from": "gpt", "value": " "}]}]""", "row 0")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "conversations": [{"from": "gpt", "value": "\ud800"}]}]""", "row 0")]
    [TestCase(TrainingSetFormat.Llava, """{"image": "b.jpg"}""", "line 1")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "\ud800": 1, "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "row 0: a property's name")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg", "conversations": [{"from": "gpt", "\udc00": 1, "value": NaN}]}]""", "row 0")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [{"id": 7, "file_name": "b.jpg"}], "annotations": [{"image_id": 7, "caption": " "}, {"image_id": 7, "caption": ""}]}""", "images[0]: the caption is empty")]
    [TestCase(TrainingSetFormat.Koala, "videoID,caption\nclips/a,NaN\n", "line 2: the caption is missing: 'NaN'")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "../b.jpg", "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "leaves the folder")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "clips/../../b.jpg", "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "leaves the folder")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "/etc/hostname", "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "leaves the folder")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg\u0000", "conversations": [{"from": "gpt", "value": "A dog."}]}]""", "null character")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [{"id": "7", "file_name": "b.jpg"}], "annotations": []}""", "images[0]")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [], "annotations": [{"image_id": 3}]}""", "annotations[0]")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [], "annotations": [{"image_id": 3, "caption": "Of nothing."}]}""", "annotations[0]: there is no image 3")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [{"id": 1, "file_name": "b.jpg"}, {"id": 1, "file_name": "b.jpg"}], "annotations": [{"image_id": 1, "caption": "A dog."}]}""", "images[1]")]
    [TestCase(TrainingSetFormat.Koala, "videoID,caption\nclips/a,A cat.,more\n", "line 2: expected 2 fields, got 3")]
    [TestCase(TrainingSetFormat.Koala, "videoID,caption\nclips/a,A \"cat.\n", "line 2: its quotes")]
    [TestCase(TrainingSetFormat.Koala, "videoID,caption\nclips/a,\n", "line 2: the caption is empty")]
    public void Read_DamagedRow_IsNamedOrSkippedAsAsked(TrainingSetFormat format, string text, string place)
    {
        var set = Write(text);

        Assert.That(() => TrainingSet.Read(set, format).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(place).And.Message.Contains(set));

        var skipped = new List<SkippedRow>();
        Assert.That(() => TrainingSet.Read(set, format, skipDamaged: true, onSkipped: skipped.Add).Count(), Throws.Nothing);
        Assert.That(skipped.Select(row => row.Reason), Is.EqualTo(new[] { SkipReason.Damaged }));
    }

    [TestCase(TrainingSetFormat.Llava, """{"image": "b.jpg" """)]
    [TestCase(TrainingSetFormat.Coco, """{"images": [], "\ud800": [], "annotations": 3}""")]
    [TestCase(TrainingSetFormat.Llava, """[{"image": "b.jpg"}""")]
    [TestCase(TrainingSetFormat.Llava, "")]
    [TestCase(TrainingSetFormat.Coco, "[]")]
    [TestCase(TrainingSetFormat.Coco, """{"images": []}""")]
    [TestCase(TrainingSetFormat.Coco, """{"images": [}""")]
    [TestCase(TrainingSetFormat.Koala, "")]
    [TestCase(TrainingSetFormat.Koala, "video,caption\na,b\n")]
    public void Read_NotOfTheFormat_FailsEvenIfDamageIsSkipped(TrainingSetFormat format, string text)
    {
        var set = Write(text);

        Assert.That(() => TrainingSet.Read(set, format, skipDamaged: true).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(set));
    }

    [Test]
    public void Read_LlavaLines_ReadsEachLineByItself()
    {
        var row = """{"image": "b.jpg", "width": NaN, "conversations": [{"from": "gpt", "value": "A dog."}]}""";
        var path = Write("");
        File.WriteAllBytes(path, [.. "\uFEFF\n"u8, .. Encoding.UTF8.GetBytes(row), .. "\r\n{torn\n"u8, .. Encoding.Latin1.GetBytes(row.Replace("A dog", "\u00E9")), .. "\n"u8, .. Encoding.UTF8.GetBytes(row)]);
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(path, TrainingSetFormat.Llava, skipDamaged: true, onSkipped: skipped.Add).ToList();

        Assert.That(rows.Select(found => (found.Place, found.Caption)), Is.EqualTo(new[] { ("line 2", "A dog."), ("line 5", "A dog.") }));
        Assert.That(skipped.Select(found => found.Place), Is.EqualTo(new[] { "line 3", "line 4" }));
        Assert.That(() => TrainingSet.Read(path, TrainingSetFormat.Llava).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 3: not valid JSON"));
    }

    [TestCase("\"\"")]
    [TestCase("\" \"")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("[\"\"]")]
    [TestCase("[null]")]
    [TestCase("NaN")]
    public void Read_LlavaRowWithoutAFile_IsNotCaptioned(string image)
    {
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(Write($$"""[{"image": {{image}}, "conversations": [{"from": "gpt", "value": "4"}]}]"""), TrainingSetFormat.Llava, onSkipped: skipped.Add).ToList();

        Assert.That((rows.Count, skipped.Single().Reason), Is.EqualTo((0, SkipReason.NotCaptioned)));
    }

    [Test]
    public void Read_CocoImageWithABlankFirstCaption_TakesTheFirstThatSaysSomething()
    {
        var set = Write("""{"images": [{"id": 7, "file_name": "b.jpg"}], "annotations": [{"image_id": 7, "caption": " "}, {"image_id": 7, "caption": "A dog."}, {"image_id": 7, "caption": "Two."}], "area": -Infinity}""");

        Assert.That(TrainingSet.Read(set, TrainingSetFormat.Coco).Single().Caption, Is.EqualTo("A dog."));
    }

    [TestCase("c_0.0_5.3", "c_0.0_5.3.mp4")]
    [TestCase("v1.5x", "v1.5x.webm")]
    [TestCase("w.mp4", "w.MKV")]
    [TestCase("x.mp4", "x.mp4.webm")]
    [TestCase("y", "y.Mov")]
    [TestCase("Z", null)]
    public void Read_KoalaNames_AreFoundWithAnyExtension(string id, string? file)
    {
        File.WriteAllText(_folder.File(file ?? "z.mp4"), "");
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(Write($"videoID,caption\n{id},A cat.\n"), TrainingSetFormat.Koala, onSkipped: skipped.Add).ToList();

        Assert.That(rows.Select(row => (row.Name, row.Path)), Is.EqualTo(file is null ? [] : new[] { (file, _folder.File(file)) }));
        Assert.That(skipped.Select(row => row.Reason), Is.EqualTo(file is null ? new[] { SkipReason.MissingFile } : []));
    }

    [Test]
    public void Read_KoalaLineThatIsNotUtf8_IsDamaged()
    {
        var path = Write("");
        File.WriteAllBytes(path, [.. "videoID,caption\nclips/a,caf"u8, 0xE9, .. "\nclips/a,A cat.\n"u8]);
        var skipped = new List<SkippedRow>();

        Assert.That(TrainingSet.Read(path, TrainingSetFormat.Koala, skipDamaged: true, onSkipped: skipped.Add).Select(row => row.Caption), Is.EqualTo(new[] { "A cat." }));
        Assert.That(skipped.Single().Place, Is.EqualTo("line 2"));
    }

    [TestCase(TrainingSetFormat.Koala, "videoID,caption\nclips/a,{0}\n")]
    [TestCase(TrainingSetFormat.Llava, "[{\"image\": \"b.jpg\", \"conversations\": [{\"from\": \"gpt\", \"value\": \"{0}\"}]}]")]
    [TestCase(TrainingSetFormat.Coco, "{\"images\": [{\"id\": 7, \"file_name\": \"b.jpg\"}], \"annotations\": [{\"image_id\": 7, \"caption\": \"{0}\"}]}")]
    public void Read_LongCaption_IsReadUpToItsLimit(TrainingSetFormat format, string text)
    {
        Assert.That(TrainingSet.Read(Write(text.Replace("{0}", new string('a', 32768))), format).Single().Caption, Has.Length.EqualTo(32768));
        Assert.That(
            () => TrainingSet.Read(Write(text.Replace("{0}", new string('a', 32769))), format).Count(),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("the caption has 32769 characters; expected at most 32768."));
    }

    [Test]
    public void Read_QuoteThatIsNeverClosed_EndsSoonerThanTheFile()
    {
        var set = Write("videoID,caption\nclips/a,\"A cat.\n" + new string('x', 3 << 20));

        Assert.That(() => TrainingSet.Read(set, TrainingSetFormat.Koala, skipDamaged: true).Count(), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Read_ArgumentsThatCannotBe_AreRefusedAtOnce()
    {
        var set = Write(Llava);

        Assert.That(() => TrainingSet.Read("", TrainingSetFormat.Llava), Throws.ArgumentException);
        Assert.That(() => TrainingSet.Read(set, (TrainingSetFormat)9), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => TrainingSet.Read(_folder.File("none.json"), TrainingSetFormat.Llava), Throws.TypeOf<FileNotFoundException>());
        Assert.That(() => TrainingSet.Read(set, TrainingSetFormat.Llava, _folder.File("none")), Throws.TypeOf<DirectoryNotFoundException>());
    }

    /// <summary>Every prefix and every single flipped byte of a set is read, or refused with the one exception that is promised.</summary>
    [TestCase(TrainingSetFormat.Llava, Llava)]
    [TestCase(TrainingSetFormat.Coco, Coco)]
    [TestCase(TrainingSetFormat.Koala, "videoID,caption\n\"clips/a\",\"A cat, \"\"quoted\"\".\"\nb,Gone.\n")]
    public void Read_AnyDamage_EndsInRowsOrInvalidData(TrainingSetFormat format, string text)
    {
        var whole = Encoding.UTF8.GetBytes(text);
        var random = new Random(1);
        for (var i = 0; i < whole.Length; i += 3)
        {
            Check(whole[..i]);
            byte[] flipped = [.. whole];
            flipped[i] ^= (byte)random.Next(1, 256);
            Check(flipped);
        }

        void Check(byte[] bytes)
        {
            File.WriteAllBytes(_folder.File("set"), bytes);
            try
            {
                Assert.That(TrainingSet.Read(_folder.File("set"), format, skipDamaged: true).Count(), Is.InRange(0, 3));
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Test]
    public void Read_LongArray_IsReadAsAStream()
    {
        const int Rows = 40_000;
        var set = Write("[" + string.Join(",", Enumerable.Repeat("""{"image": "b.jpg", "conversations": [{"from": "human", "value": "What does the image show, in a word or more?"}, {"from": "gpt", "value": "A dog."}]}""", Rows)) + "]");
        var rows = TrainingSet.Read(set, TrainingSetFormat.Llava);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var most = 0L;

        foreach (var (index, _) in rows.Index())
            if (index % 10_000 == 9_999)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);

        Assert.That(rows.Count(), Is.EqualTo(Rows));
        Assert.That(most, Is.LessThan(new FileInfo(set).Length / 4));
    }

    [Test]
    public void Read_RealCocoCaptions_GivesTheFirstCaptionOfEveryPhotograph()
    {
        var folder = RepositoryFolder.RequireShared("data", "coco");
        var skipped = new List<SkippedRow>();

        var rows = TrainingSet.Read(Path.Combine(folder, "captions_coco_mini_ccby_51.json"), TrainingSetFormat.Coco, Path.Combine(folder, "images"), onSkipped: skipped.Add).ToList();

        Assert.That(rows.Select(row => row.Name), Is.EquivalentTo(Directory.GetFiles(Path.Combine(folder, "images")).Select(Path.GetFileName)));
        Assert.That((rows.Count, skipped.Count), Is.EqualTo((51, 0)));
    }

    private string Write(string text)
    {
        var path = _folder.File("set");
        File.WriteAllText(path, text);
        return path;
    }
}
