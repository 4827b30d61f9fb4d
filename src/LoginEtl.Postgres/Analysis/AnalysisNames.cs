namespace LoginEtl.Postgres.Analysis;

/// <summary>The names of the views for analysts, beside the user's table.</summary>
internal static class AnalysisNames
{
    /// <summary>A row for each of the table's, by standard names and with its version decoded.</summary>
    public const string Logins = "login_etl_login";

    /// <summary>A row for each token: how often it was seen, and when.</summary>
    public const string Tokens = "login_etl_token";

    /// <summary>A row for each masked network, where addresses are masked by <c>pfx</c>.</summary>
    public const string Networks = "login_etl_network";

    /// <summary>Counts by day, device type, locale and version, and nothing of a person's.</summary>
    public const string Days = "login_etl_day";

    /// <summary>All of them, in the order in which they are made: each reads the first.</summary>
    public static readonly string[] All = [Logins, Tokens, Networks, Days];
}
