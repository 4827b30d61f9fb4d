using LoginEtl.Faults;
using LoginEtl.Records;

namespace LoginEtl.Quarantine;

/// <summary>What became of an entry whose body was asked for.</summary>
/// <param name="Entry">From the quarantine.</param>
/// <param name="Body">In clear, hidden; null when there is a fault.</param>
/// <param name="Fault">Why there is no body; about this entry alone.</param>
public sealed record OpenedBody(QuarantineEntry Entry, PlainBody? Body, LoginEtlException? Fault);
