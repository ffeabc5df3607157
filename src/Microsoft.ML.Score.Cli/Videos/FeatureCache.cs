using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Cli.Videos;

/// <summary>
/// A folder of feature files, one a video and model: each video is encoded once. A file that changes (length or time of writing), another
/// model or another number type makes a new entry; old ones are never deleted.
/// </summary>
/// <param name="folder">The folder, made when the first entry is.</param>
/// <param name="type">How the numbers are stored: BF16, F16 or F32.</param>
internal sealed class FeatureCache(string folder, TensorType type)
{
    /// <summary>The video's tokens as the cache holds them, so rounded to its type whether they were there before or not.</summary>
    public VideoTokens Get(VideoReference video, IVideoLanguageModel model, CancellationToken cancellationToken)
    {
        if (video.IsFeatureFile)
            return video.Encode(model, cancellationToken);

        var path = PathOf(video, model);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            FeatureFile.Write(path, video.Encode(model, cancellationToken), type);
        }

        return FeatureFile.Read(path);
    }

    private string PathOf(VideoReference video, IVideoLanguageModel model)
    {
        var file = new FileInfo(video.Text);
        var identity = video.IsSynthetic ? video.Text : $"{file.FullName}|{file.Length}|{file.LastWriteTimeUtc.Ticks}";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{identity}|{model.Info.Fingerprint}|{type}"));
        return Path.Combine(folder, $"{video.FileName}-{Convert.ToHexStringLower(hash.AsSpan(0, 8))}.safetensors");
    }
}
