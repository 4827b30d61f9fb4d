using LoginEtl.Checks;
using LoginEtl.Faults;

namespace LoginEtl.Postgres.Checks;

/// <summary>Gathers checks; what stands against a run becomes one that failed.</summary>
internal sealed class CheckList
{
    private readonly List<Check> _checks = [];

    /// <summary>All of them so far.</summary>
    public IReadOnlyList<Check> Checks => _checks;

    /// <summary>Passed, or to be looked at where there is a remedy.</summary>
    public void Add(string name, string detail, string? remedy = null) =>
        _checks.Add(new Check(name, remedy is null ? CheckOutcome.Pass : CheckOutcome.Warn, detail, remedy));

    /// <summary>Failed.</summary>
    public void Fail(string name, LoginEtlException fault) => _checks.Add(new Check(name, CheckOutcome.Fail, fault.Message, fault.Remedy));

    /// <summary>Passes with this detail unless one of the requirements throws; then it fails with all of those that did.</summary>
    /// <returns>Whether it passed.</returns>
    public bool Require(string name, string detail, params IEnumerable<Action> requirements)
    {
        var faults = requirements.Select(FaultOf).OfType<LoginEtlException>().ToList();
        if (faults.Count == 0)
        {
            Add(name, detail);
        }
        else
        {
            _checks.Add(new Check(name, CheckOutcome.Fail, Join(faults.Select(f => f.Message)), Join(faults.Select(f => f.Remedy))));
        }

        return faults.Count == 0;
    }

    private static LoginEtlException? FaultOf(Action requirement)
    {
        try
        {
            requirement();
            return null;
        }
        catch (LoginEtlException fault)
        {
            return fault;
        }
    }

    private static string Join(IEnumerable<string> sentences) => string.Join(' ', sentences.Distinct());
}
