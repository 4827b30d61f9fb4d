using LoginEtl.Records;

namespace LoginEtl.Run;

/// <summary>A login that decoded, and went to quarantine because its row was refused.</summary>
/// <param name="MessageId">Its message.</param>
/// <param name="Why">Reason, and the field or column.</param>
/// <param name="SqlState">Set where the database refused it.</param>
public sealed record RefusedRow(string MessageId, Rejection Why, string? SqlState = null)
{
    /// <summary>Its names, without any value of the row.</summary>
    public override string ToString() => SqlState is null ? Why.ToString() : $"{Why}, SQLSTATE {SqlState}";
}
