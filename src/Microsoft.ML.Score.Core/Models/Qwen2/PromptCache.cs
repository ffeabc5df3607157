using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// Keeps the last few prompts between calls, since training and benchmarks ask the same questions of grids of the same size. A
/// call has its prompt to itself; two calls at a time make two. Thread-safe.
/// </summary>
internal sealed class PromptCache : IDisposable
{
    private const int Capacity = 8;

    // Longer prompts cost little beside what is computed from them, and memory that counts.
    private const int LongestPrompt = 4096;

    private readonly Lock _lock = new();
    private readonly List<(PromptKey Key, VideoPrompt Prompt)> _idle = [];

    /// <summary>A prompt of the key with room for so many tokens after it, made where none is at hand; back in the cache when the lease is disposed.</summary>
    public Lease Rent(PromptKey key, int continuation, Func<VideoPrompt> create)
    {
        lock (_lock)
        {
            var at = _idle.FindLastIndex(item => item.Key == key && item.Prompt.Continuation >= continuation);
            if (at >= 0)
            {
                var prompt = _idle[at].Prompt;
                _idle.RemoveAt(at);
                return new Lease(this, key, prompt);
            }
        }

        return new Lease(this, key, create());
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _idle.ForEach(item => item.Prompt.Dispose());
            _idle.Clear();
        }
    }

    private void Return(PromptKey key, VideoPrompt prompt)
    {
        var released = prompt;
        if (prompt.Length <= LongestPrompt)
            lock (_lock)
            {
                _idle.Add((key, prompt));
                released = _idle.Count > Capacity ? _idle[0].Prompt : null;
                if (released is not null)
                    _idle.RemoveAt(0);
            }

        released?.Dispose();
    }

    public readonly struct Lease(PromptCache cache, PromptKey key, VideoPrompt prompt) : IDisposable
    {
        public VideoPrompt Prompt => prompt;

        public void Dispose() => cache.Return(key, prompt);
    }
}

/// <summary>What a prompt depends on.</summary>
internal readonly record struct PromptKey(TokenGrid Grid, StepTimes? Times, string Question);
