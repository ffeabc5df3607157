namespace Microsoft.ML.Score.Synthetic;

/// <summary>Length classes of the synthetic videos; a time step is one second.</summary>
public enum VideoLength
{
    /// <summary>8 time steps.</summary>
    Short,

    /// <summary>24 time steps.</summary>
    Medium,

    /// <summary>64 time steps.</summary>
    Long,
}
