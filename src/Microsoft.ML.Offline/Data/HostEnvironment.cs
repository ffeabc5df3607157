using System.Globalization;
using System.Security.Cryptography;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The environment of a context and of every component registered under it.</summary>
internal sealed class HostEnvironment : IHost
{
    private readonly string _name;
    private readonly Action<LoggingEventArgs> _log;
    private readonly Lock _randomLock;

    public HostEnvironment(int? seed, Action<LoggingEventArgs> log)
        : this("", new Random(seed ?? RandomNumberGenerator.GetInt32(int.MaxValue)), log, new ComponentCatalog(), new Lock())
    {
    }

    private HostEnvironment(string name, Random random, Action<LoggingEventArgs> log, ComponentCatalog catalog, Lock randomLock)
    {
        _name = name;
        _log = log;
        _randomLock = randomLock;
        Rand = random;
        ComponentCatalog = catalog;
    }

    public ComponentCatalog ComponentCatalog { get; }

    public Random Rand { get; }

    public string ContextDescription => _name.Length == 0 ? nameof(HostEnvironment) : _name;

    public IHost Register(string name, int? seed = null, bool? verbose = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        // The parent's source is drawn from even under an explicit seed, so that one component's seed does not shift another's.
        int drawn;
        lock (_randomLock)
            drawn = Rand.Next();
        return new HostEnvironment(Qualify(name), new Random(seed ?? drawn), _log, ComponentCatalog, new Lock());
    }

    public IChannel Start(string name) => new LogChannel(Qualify(name), _log);

    public IPipe<TMessage> StartPipe<TMessage>(string name) =>
        typeof(TMessage) == typeof(ChannelMessage) ? (IPipe<TMessage>)Start(name) : new SilentPipe<TMessage>(Qualify(name));

    public IProgressChannel StartProgressChannel(string name) => new SilentProgress();

    public TException Process<TException>(TException ex)
        where TException : Exception => ex;

    private string Qualify(string name) => _name.Length == 0 ? name : $"{_name}; {name}";

    private sealed class LogChannel(string source, Action<LoggingEventArgs> log) : IChannel
    {
        public string ContextDescription => source;

        public void Send(ChannelMessage msg) => log(new LoggingEventArgs(msg.Message, msg.Kind, source));

        public void Trace(MessageSensitivity sensitivity, string fmt) => Log(ChannelMessageKind.Trace, fmt);

        public void Trace(MessageSensitivity sensitivity, string fmt, params object[] args) => Log(ChannelMessageKind.Trace, fmt, args);

        public void Error(MessageSensitivity sensitivity, string fmt) => Log(ChannelMessageKind.Error, fmt);

        public void Error(MessageSensitivity sensitivity, string fmt, params object[] args) => Log(ChannelMessageKind.Error, fmt, args);

        public void Warning(MessageSensitivity sensitivity, string fmt) => Log(ChannelMessageKind.Warning, fmt);

        public void Warning(MessageSensitivity sensitivity, string fmt, params object[] args) => Log(ChannelMessageKind.Warning, fmt, args);

        public void Info(MessageSensitivity sensitivity, string fmt) => Log(ChannelMessageKind.Info, fmt);

        public void Info(MessageSensitivity sensitivity, string fmt, params object[] args) => Log(ChannelMessageKind.Info, fmt, args);

        public TException Process<TException>(TException ex)
            where TException : Exception => ex;

        public void Dispose()
        {
        }

        private void Log(ChannelMessageKind kind, string format, params object[] args) =>
            log(new LoggingEventArgs(args.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, args), kind, source));
    }

    private sealed class SilentPipe<TMessage>(string source) : IPipe<TMessage>
    {
        public string ContextDescription => source;

        public void Send(TMessage msg)
        {
        }

        public TException Process<TException>(TException ex)
            where TException : Exception => ex;

        public void Dispose()
        {
        }
    }

    private sealed class SilentProgress : IProgressChannel
    {
        public void SetHeader(ProgressHeader header, Action<IProgressEntry> fillAction)
        {
        }

        public void Checkpoint(params double?[] values)
        {
        }

        public IProgressChannel StartProgressChannel(string name) => new SilentProgress();

        public void Dispose()
        {
        }
    }
}
