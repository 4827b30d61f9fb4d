using LoginEtl.Records;

namespace LoginEtl.Postgres.Writing;

/// <summary>Why a record goes to quarantine instead of its table.</summary>
/// <param name="Reason">The code.</param>
/// <param name="Field">Our name of the field or column, and the table's own where it is none of ours; null where it is the row as a whole.</param>
/// <param name="SqlState">Set when the database refused it.</param>
/// <param name="Constraint">The constraint it broke, where the database named one.</param>
internal sealed record Refusal(RejectReason Reason, string? Field, string? SqlState = null, string? Constraint = null)
{
    /// <summary>Its names, without any value.</summary>
    public override string ToString() => string.Join(
        ", ", new[] { Reason.Code(), Field, SqlState is null ? null : $"SQLSTATE {SqlState}", Constraint is null ? null : $"constraint {Constraint}" }.OfType<string>());

    /// <summary>Of a rejection that is known already.</summary>
    public static Refusal Of(Rejection rejection) => new(rejection.Reason, rejection.Field);
}
