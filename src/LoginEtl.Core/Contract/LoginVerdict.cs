using LoginEtl.Records;

namespace LoginEtl.Contract;

/// <summary>What a run would say of one body, without any value of it.</summary>
/// <param name="Source">Name of the file or source.</param>
/// <param name="Line">1-based number of the line, or of the body where one has several lines.</param>
/// <param name="IsValid">Whether it would be written.</param>
/// <param name="Reason">Code of the reason why not, such as <c>missing_field</c>; null when it is valid.</param>
/// <param name="Field">The schema's name of the field concerned; null where it is the body as a whole.</param>
public sealed record LoginVerdict(string Source, long Line, bool IsValid, string? Reason, string? Field)
{
    /// <summary>In a line.</summary>
    public override string ToString() => $"{Source}:{Line}: {(IsValid ? "valid" : Field is null ? Reason : $"{Reason} ({Field})")}";

    internal static LoginVerdict Of(LineDelivery line, Rejection? why) => new(line.SourceId, line.LineNumber, why is null, why?.Reason.Code(), why?.Field);
}
