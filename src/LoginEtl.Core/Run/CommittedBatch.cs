namespace LoginEtl.Run;

/// <summary>A batch that has committed.</summary>
/// <param name="Report">What became of it.</param>
/// <param name="Deleted">Ends when its messages are deleted, or counted as undeleted.</param>
internal sealed record CommittedBatch(BatchReport Report, Task Deleted);
