using LoginEtl.Unit.Fuzzing.Targets;

namespace LoginEtl.Unit.Fuzzing;

/// <summary>All targets.</summary>
internal static class FuzzTargets
{
    private static readonly Dictionary<string, Func<FuzzTarget>> Makers = new Func<FuzzTarget>[]
    {
        () => new DecoderTarget(), () => new LinesTarget(), () => new TextTarget(), () => new JsonAnswerTarget(), () => new QueryAnswerTarget(), () => new ErrorBodyTarget(),
        () => new RedrivePolicyTarget(), () => new TokenTarget(), () => new CanonicalTarget(), () => new VersionTarget(), () => new ProtectTarget(),
        () => new SealedBodyTarget(), () => new StoredRecordTarget(), () => new KeysetTarget(), () => new EnvironmentKeysTarget(), () => new ProtoTarget(),
        () => new QueueAddressTarget(), () => new DatabaseTextTarget(), () => new WorkerSettingsTarget(),
    }.ToDictionary(NameOf);

    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Names => Makers.Keys;

    /// <summary>A target of this name; the caller disposes it.</summary>
    public static FuzzTarget Make(string name) => Makers[name]();

    private static string NameOf(Func<FuzzTarget> make)
    {
        using var target = make();
        return target.Name;
    }
}
