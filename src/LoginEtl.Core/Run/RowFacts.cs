namespace LoginEtl.Run;

/// <summary>What is counted of a row beside its outcome.</summary>
/// <param name="HasNoAddress">Its ip is no address.</param>
/// <param name="SuppressionIsAccepted">Its writer takes suppressed rows for what they should be.</param>
internal readonly record struct RowFacts(bool HasNoAddress, bool SuppressionIsAccepted);
