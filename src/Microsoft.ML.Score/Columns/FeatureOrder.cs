using System.Text.Json.Serialization;

namespace Microsoft.ML.Score;

/// <summary>In which order a vector column of features holds a video's values. The order of the tokens' positions, masks and grids is the same for both.</summary>
/// <example>
/// <code>
/// ml.Transforms.ApplyScorePolicy("Mask", "FeatureMap", policy, new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst })
/// </code>
/// </example>
[JsonConverter(typeof(JsonStringEnumConverter<FeatureOrder>))]
public enum FeatureOrder
{
    /// <summary>[T, H, W, D]: each token's D values stand together, as <c>EncodeVideo</c> and feature files have them.</summary>
    ChannelsLast,

    /// <summary>[T, D, H, W]: a plane of H x W for each of the D values, as image models in ONNX give them ([N, C, H, W]).</summary>
    ChannelsFirst,
}
