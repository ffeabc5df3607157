// Remakes the model that ships in Microsoft.ML.Score.Core:
//     dotnet run --project samples/TinyModel -c Release -- --output DIR [--steps N]
// DIR gets the Hugging Face folder, the loss curve and a resumable training state; run it again to go on after a stop.
using System.Globalization;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.TinyModel;

if (args.Length is not (2 or 4) || args[0] != "--output" || (args.Length == 4 && args[2] != "--steps"))
{
    Console.Error.WriteLine("usage: TinyModel --output DIR [--steps N]");
    return 1;
}

var folder = Directory.CreateDirectory(args[1]).FullName;
var recipe = new Recipe();
if (args.Length == 4)
    recipe = recipe with { Steps = int.Parse(args[3], CultureInfo.InvariantCulture) };

var tokenizer = new TinyTokenizer();
var model = new TrainableModel(recipe.Configuration, tokenizer.Tokenizer.VocabularySize, recipe.Seed);
var samples = new TrainingSamples(recipe, tokenizer.Tokenizer);
Console.WriteLine($"{model.Parameters.Count} weights, {tokenizer.Tokenizer.VocabularySize} tokens in the vocabulary");
var trainer = new Trainer(recipe, model, samples, folder);
trainer.Run(Console.WriteLine);
CheckpointExport.Write(folder, model, recipe.Configuration, tokenizer);
Console.WriteLine($"{trainer.Seconds:F0} s of training; held-out videos of the test split:");
Console.WriteLine(Evaluation.Run(model, samples, SyntheticSplit.Test, [VideoLength.Short, VideoLength.Medium, VideoLength.Long], videos: 200));
return 0;
