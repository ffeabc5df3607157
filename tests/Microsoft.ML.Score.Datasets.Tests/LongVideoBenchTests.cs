using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class LongVideoBenchTests
{
    [Test]
    public void Open_BothLayouts_GiveTheSameQuestion()
    {
        const string list = """
            [{ "video_id": "walk", "question": "What follows?", "question_wo_referring_query": "What?", "candidates": ["Rain", "Snow", "Sun"], "correct_choice": 2, "position": [1, 2],
               "topic_category": "T-Travel", "question_category": "T3E", "level": "L2-Relation", "id": "walk_0", "video_path": "walk.mp4", "subtitle_path": "walk_en.json", "duration_group": 600 }]
            """;
        const string row = """
            {"video_id": "walk", "question": "What follows?", "option0": "Rain", "option1": "Snow", "option2": "Sun", "option3": "N/A", "option4": "N/A", "correct_choice": 2, "topic_category": "T-Travel", "question_category": "T3E", "level": "L2-Relation", "id": "walk_0", "video_path": "walk.mp4", "duration_group": 600}
            """;
        using var folder = new BenchmarkFolder("walk.mp4");

        foreach (var path in new[] { folder.Write("lvb_val.json", list), folder.Write("rows.jsonl", row) })
        {
            var video = LongVideoBench.Open(path, folder.Videos).Videos[0];
            Assert.Multiple(() =>
            {
                Assert.That((video.Id, video.LengthClass, video.Questions[0].Id, video.Questions[0].AnswerIndex), Is.EqualTo(("walk", "600 s", "walk_0", 2)));
                Assert.That(video.Questions[0].Text, Is.EqualTo("What follows?\nA. Rain\nB. Snow\nC. Sun\nAnswer with the option's letter from the given choices directly.\n"));
                Assert.That(video.Questions[0].Categories, Is.EqualTo(new QuestionCategory[] { new("task", "T3E"), new("level", "L2-Relation"), new("topic", "T-Travel") }));
            });
        }
    }

    [Test]
    public void Open_HiddenAnswer_IsLeftOut()
    {
        const string rows = """
            {"question": "What?", "candidates": ["a", "b"], "correct_choice": 1, "question_category": "T3E", "id": "walk_0", "video_path": "walk.mp4"}
            {"question": "What?", "candidates": ["a", "b"], "correct_choice": -1, "question_category": "T3E", "id": "walk_1", "video_path": "walk.mp4"}
            """;
        using var folder = new BenchmarkFolder("walk.mp4");

        var benchmark = LongVideoBench.Open(folder.Write("rows.jsonl", rows), folder.Videos);

        Assert.That((benchmark.Videos[0].Questions.Count, benchmark.LeftOut.Count), Is.EqualTo((1, 1)));
    }
}
