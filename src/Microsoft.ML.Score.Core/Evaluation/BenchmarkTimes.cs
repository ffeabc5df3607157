namespace Microsoft.ML.Score.Evaluation;

/// <summary>Where the time went before the language model began.</summary>
/// <param name="Decoding">Waiting for frames: FFmpeg, or the generator of a synthetic clip.</param>
/// <param name="Encoding">Resizing, normalising and the vision encoder. One encoding serves all systems of a video, except those that encode it again.</param>
/// <param name="Compression">Choosing tokens, or merging them.</param>
/// <param name="Gather">Copying the chosen tokens; zero for mergers, which make theirs while they compress.</param>
public sealed record BenchmarkTimes(TimeSpan Decoding, TimeSpan Encoding, TimeSpan Compression, TimeSpan Gather);
