using LoginEtl.Postgres.Catalog;
using LoginEtl.Records;
using LoginEtl.Settings;

namespace LoginEtl.Unit.Postgres;

/// <summary>A table whose columns are called otherwise, and as awkwardly as PostgreSQL allows.</summary>
internal static class OtherColumns
{
    /// <summary>
    /// Capitals and blanks, quotes that would end a name and begin a statement, letters of elsewhere, what ends the block that
    /// inserts rows, and what its variables are called.
    /// </summary>
    public static readonly ColumnNames Names = ColumnNames.From(
        new (string Ours, string Theirs)[]
        {
            (LoginFields.UserId, "User Id"), (LoginFields.DeviceType, "x\"; DROP TABLE user_logins; --"), (LoginFields.MaskedIp, "hashed_ip"),
            (LoginFields.MaskedDeviceId, "geräte-kennung 数"), (LoginFields.Locale, "select"), (LoginFields.AppVersion, "v2"),
            (LoginFields.CreateDate, "o'clock $login_etl$"),
        }.Select(n => KeyValuePair.Create<string, string?>(n.Ours, n.Theirs)));

    public static readonly string UserId = Sql(LoginFields.UserId);
    public static readonly string DeviceType = Sql(LoginFields.DeviceType);
    public static readonly string MaskedIp = Sql(LoginFields.MaskedIp);
    public static readonly string MaskedDeviceId = Sql(LoginFields.MaskedDeviceId);
    public static readonly string Locale = Sql(LoginFields.Locale);
    public static readonly string AppVersion = Sql(LoginFields.AppVersion);
    public static readonly string CreateDate = Sql(LoginFields.CreateDate);

    /// <summary>As somebody has made it; without its end, for what may follow the columns.</summary>
    public static readonly string Begun =
        $"CREATE TABLE user_logins ({UserId} varchar(128), {DeviceType} varchar(32), {MaskedIp} varchar(256), {MaskedDeviceId} varchar(256), {Locale} varchar(32), {AppVersion} integer, {CreateDate} date)";

    private static string Sql(string column) => QualifiedName.Quote(Names.Of(column));
}
