namespace LoginEtl.Postgres.Schema;

/// <summary>The pruning function as it is.</summary>
/// <param name="Exists">One of its name and argument is there; without it the rest says nothing.</param>
/// <param name="IsGranted">The role may call it.</param>
/// <param name="IsCurrent">It does what this version's does, with the rights and settings of this version's.</param>
/// <param name="Stranger">Its owner, where that is nobody to be trusted: then it is not to be called.</param>
internal sealed record PruneFunctionState(bool Exists, bool IsGranted, bool IsCurrent, string? Stranger);
