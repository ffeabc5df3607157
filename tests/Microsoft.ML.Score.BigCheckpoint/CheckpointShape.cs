namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>What one architecture puts in the files beside the weights, for any number of decoder layers.</summary>
/// <param name="Config">config.json of that many layers.</param>
/// <param name="VideoProcessor">video_preprocessor_config.json.</param>
/// <param name="LeastLayers">Fewer layers the architecture does not allow.</param>
internal sealed record CheckpointShape(Func<int, object> Config, object VideoProcessor, int LeastLayers = 1);
