using LoginEtl.Faults;
using LoginEtl.Postgres;
using LoginEtl.Postgres.Connections;
using LoginEtl.Settings;
using Npgsql;
using Xunit;

namespace LoginEtl.Unit.Postgres;

public sealed class ConnectionTextTests
{
    [Fact]
    public void Uri_is_decoded_part_by_part()
    {
        var it = Database.Parse("postgresql://us%40er:p%3A%2Fw%3F@db.example:6543/my%2Ddb?application_name=x%2Fy&connect_timeout=7&sslmode=verify-ca");
        Assert.Equal(("us@er", "p:/w?", "db.example", 6543, "my-db"), (it.Username, it.Password, it.Host, it.Port, it.Database));
        Assert.Equal(("x/y", 7, SslMode.VerifyCA), (it.ApplicationName, it.Timeout, it.SslMode));
    }

    [Theory]
    [InlineData("host=db.example port=6543 user=me@corp password=s3;cret dbname=logins", "s3;cret")]
    [InlineData("  dbname = logins user='me@corp'\thost = 'db.example'\nport=6543 password='s3 c\\'r\\\\et=' ", "s3 c'r\\et=")]
    [InlineData("host=db.example port=6543 user=me@corp password=a\\ b\\'c dbname=logins connect_timeout=7", "a b'c")]
    [InlineData("host=db.example port=6543 user=me@corp password=first dbname=logins password=''", "")]
    public void Keywords_and_values_are_read_as_libpq_reads_them(string text, string password)
    {
        var it = Database.Parse(text);
        Assert.Equal(("me@corp", password, "db.example", 6543, "logins"), (it.Username, it.Password ?? "", it.Host, it.Port, it.Database));
    }

    [Theory]
    [InlineData("host=h1,h2 port=1,2", "h1:1,h2:2")]
    [InlineData("host=h1,::1 port=,2", "h1,[::1]:2")]
    [InlineData("host=h1,h2 port=7", "h1,h2")]
    public void Lists_of_hosts_and_ports_belong_together(string text, string hosts) => Assert.Equal(hosts, Database.Parse(text).Host);

    // Npgsql's own pairs in small letters are no keywords of libpq, whatever blanks stand in them.
    [Theory]
    [InlineData("host=h;username=u;password=p;database=d")]
    [InlineData("host=h; username=u; password=p; database=d;")]
    [InlineData("password=p;host=h;user id=u;database=d")]
    [InlineData("Host = h ; Username = u ; Password = p ; Database = d")]
    public void Pairs_of_Npgsql_stay_what_they_are(string text)
    {
        var it = Database.Parse(text);
        Assert.Equal(("h", "u", "p", "d"), (it.Host, it.Username, it.Password, it.Database));
    }

    [Theory]
    [InlineData("postgres://h", "h", 5432)]
    [InlineData("postgresql://[::1]:99/d", "::1", 99)]
    [InlineData("postgresql://u@h1:1,h2:2/d", "h1:1,h2:2", 5432)]
    [InlineData("postgresql:///d?host=/run/postgresql&port=5", "/run/postgresql", 5)]
    public void Hosts_are_read(string uri, string host, int port)
    {
        var it = Database.Parse(uri);
        Assert.Equal((host, port), (it.Host, it.Port));
    }

    [Theory]
    [InlineData("postgresql://etl@127.0.0.1:5432/logins?target_session_attrs=read-write")]
    [InlineData("Host=127.0.0.1;Username=etl;Database=logins;Target Session Attributes=primary")]
    [InlineData("Host=127.0.0.1;Target Session Attributes=prefer-standby")]
    [InlineData("Host=127.0.0.1;Target Session Attributes=any")]
    public void One_host_may_be_asked_for_its_session_as_a_list_may(string text) => Open(text);

    [Theory]
    [InlineData("postgresql://etl@127.0.0.1/logins?target_session_attrs=read-only")]
    [InlineData("Host=127.0.0.1;Target Session Attributes=Standby")]
    public void Host_that_is_to_take_no_rows_is_refused(string text)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Open(text));
        Assert.Equal("InvalidDatabase", fault.Id);
        Assert.Contains("takes no rows", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void List_of_more_hosts_than_anybody_has_is_refused()
    {
        Open($"Host={string.Join(',', Enumerable.Repeat("h", 100))};Target Session Attributes=any");
        Assert.Equal("InvalidDatabase", Assert.Throws<LoginEtlException>(() => Open($"Host={string.Join(',', Enumerable.Repeat("h", 101))}")).Id);
    }

    [Theory]
    [InlineData("postgresql://u:s3cret@h/d?sslmod=require")]
    [InlineData("postgresql://u:s3cret@h/d?sslmode=perhaps")]
    [InlineData("postgresql://u:s3cret@h:port/d")]
    [InlineData("postgresql://u:s3cret@h:99999/d")]
    [InlineData("postgresql://u:s3cret/x@h/d")]
    [InlineData("postgresql://u:s3cret?x@h/d")]
    [InlineData("postgresql://u:s3cret%zz@h/d")]
    [InlineData("postgresql://u:s3cret%00@h/d")]
    [InlineData("postgresql://u:s3cret%FF@h/d")]
    [InlineData("postgresql://u:s3cret%C3%25%A9@h/d")]
    [InlineData("postgresql://u@h/d%ED%A0%80s3cret")]
    [InlineData("postgresql://u:s3cret@h/d?sslmode=7")]
    [InlineData("postgresql://u:s3cret@h/d?sslmode=prefer,verify-full")]
    [InlineData("Host=h;Password=s3cret;SSL Mode=7")]
    [InlineData("Host=h;Password=s3cret;Channel Binding=9")]
    [InlineData("postgresql://u:s3cret%0A@h/d")]
    [InlineData("Host=h;Password=\"s3cret\n\"")]
    [InlineData("Host=;s3cret=c")]
    [InlineData("Host=h:5432/s3cret")]
    [InlineData("Host=h;Pasword=s3cret")]
    [InlineData("Host=h;Password=x;s3cret;Database=d")]
    [InlineData("Host=h;Port=s3cret")]
    [InlineData("s3cret")]
    [InlineData("Host=h, Username=u, Password=s3cret, Database=d")]
    [InlineData("Host=h Username=u Password=s3cret Database=d")]
    [InlineData("Host=h,Username=u,Password=s3cret")]
    [InlineData("Host=h;Username=u,Password=s3cret;Database=d")]
    [InlineData("Host=h;Username=u Password=s3cret;Database=d")]
    [InlineData("Host=h;Username=u;Database=d Password=s3cret")]
    [InlineData("Host=h;Username=u;Database=d, Password=s3cret")]
    [InlineData("Host=h;Application Name=etl Password=s3cret;Database=d")]
    [InlineData("Host=h;Options=-c work_mem=1MB,Pwd = s3cret;Database=d")]
    [InlineData("Host=h;Username=postgresql://u:s3cret@h/d")]
    [InlineData("Host=h;Username=\"{\"\"ip\"\":\"\"s3cret\"\"}\"")]
    [InlineData("Host=h s3cret")]
    [InlineData("Host=h;Port=5432 Password=s3cret")]
    [InlineData("Host=h;Database=s3cret!")]
    [InlineData("Host=h;Username=s3cret$$")]
    [InlineData("Host=h;Username=etl/s3cret@db")]
    [InlineData("postgresql://etl%3As3cret@h/d")]
    [InlineData("Host=h;Client Encoding=s3cret!")]
    [InlineData("Host=h;Application Name=s3cret!")]
    [InlineData("Host=h;Search Path=s3cret!")]
    [InlineData("postgresql://h/d password=s3cret")]
    [InlineData("postgresql://h password=s3cret")]
    [InlineData("host=h passwort=s3cret")]
    [InlineData("host=h password=x'y s3cret")]
    [InlineData("host=h password='s3cret")]
    [InlineData("host=h port=s3cret")]
    [InlineData("host=h,i port=1,2,3 password=s3cret")]
    [InlineData("host=h user=u, password=s3cret")]
    [InlineData("host=h user='u password=s3cret' dbname=d")]
    [InlineData("host=h service=s3cret")]
    [InlineData("Host=h;Encoding=s3cret")]
    [InlineData("Host=h;Client Encoding=s3cret!=p%w")]
    [InlineData("Host=h;Timezone=s3cret!=p%w")]
    [InlineData("Host=h;Options=s3cret!=p%w")]
    [InlineData("Host=h;Options=-c work_mem=1MB s3cret")]
    public void Malformed_text_is_refused_without_quoting_it(string text)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Open(text));
        Assert.Equal(("InvalidDatabase", FaultKind.Configuration), (fault.Id, fault.Kind));
        Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=h;Encoding=UTF-8;Client Encoding=UTF8;Timezone=America/Argentina/Buenos_Aires;Options=-c search_path=etl,public -c work_mem=1MB")]
    [InlineData("Host=h;Timezone=UTC+3;Options=\"--application_name=a\\ b -cstatement_timeout=1s\"")]
    [InlineData("postgresql://h/d?options=-c%20search_path%3Detl")]
    public async Task What_the_server_and_the_driver_know_is_taken(string text) => await Open(text).DisposeAsync();

    [Theory]
    [InlineData("Host=db.example", SslMode.VerifyFull)]
    [InlineData("Host=db.example;SSL Mode=Require", SslMode.Require)]
    [InlineData("postgresql://db.example/d?sslmode=disable", SslMode.Disable)]
    [InlineData("Host=127.0.0.1", SslMode.Prefer)]
    [InlineData("Host=localhost", SslMode.Prefer)]
    [InlineData("Host=::1", SslMode.Prefer)]
    [InlineData("Host=/run/postgresql", SslMode.Prefer)]
    [InlineData("Host=localhost,db.example", SslMode.VerifyFull)]
    [InlineData("Host=localhost.example", SslMode.VerifyFull)]
    [InlineData("Database=d", SslMode.Prefer)]
    public async Task Tls_is_verified_off_loopback_unless_said_otherwise(string text, SslMode mode)
    {
        await using var database = Open(text);
        Assert.Equal(mode, new NpgsqlConnectionStringBuilder(database.Source.ConnectionString).SslMode);
    }

    [Fact]
    public async Task Nothing_waits_for_ever_and_nothing_quotes_values()
    {
        await using var database = Open("Host=h;Include Error Detail=true;Timeout=0;Command Timeout=0;Log Parameters=true;Maximum Pool Size=90");
        var it = new NpgsqlConnectionStringBuilder(database.Source.ConnectionString);
        Assert.Equal((15, 30, 15, false, false), (it.Timeout, it.CommandTimeout, it.KeepAlive, it.IncludeErrorDetail, it.LogParameters));
        Assert.Equal((4, "LoginEtl"), (it.MaxPoolSize, it.ApplicationName));
    }

    [Fact]
    public async Task User_name_of_the_settings_wins_and_no_password_is_in_the_endpoint()
    {
        await using var database = Database.From(new DatabaseSettings
        {
            Database = new SecretText("postgresql://a:b@h/d"),
            UserName = "me",
            Password = new SecretText("mine"),
        });
        Assert.Equal("me", new NpgsqlConnectionStringBuilder(database.Source.ConnectionString).Username);
        Assert.DoesNotContain("mine", database.Endpoint, StringComparison.Ordinal);
        Assert.DoesNotContain("b@", database.Endpoint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=h;Database=logins", "h:5432, database logins")]
    [InlineData("Host=h;Database=me@db", "h:5432")]
    [InlineData("Host=h;Username=me", "h:5432, database me")]
    [InlineData("Host=h", "h:5432, database of the user's name")]
    public async Task Database_is_named_where_its_name_is_one(string text, string endpoint)
    {
        await using var database = Open(text);
        Assert.Equal(endpoint, database.Endpoint);
    }

    [Theory]
    [InlineData("u Password=s3cret")]
    [InlineData("Host=h;Password=s3cret")]
    [InlineData("postgresql://u:s3cret@h/d")]
    public void User_that_is_no_name_is_refused_wherever_it_comes_from(string user)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Database.From(new DatabaseSettings { Database = new SecretText("Host=h"), UserName = user }));
        Assert.Equal("InvalidDatabase", fault.Id);
        Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=h;Password=s3cret")]
    [InlineData("host=h password=s3cret")]
    [InlineData("postgresql://u:s3cret@h/d")]
    [InlineData("{\"ip\":\"s3cret\"}")]
    [InlineData("\"password=s3cret\"")]
    [InlineData("\"u:s3cret\".t")]
    [InlineData("s3cret!")]
    [InlineData("a.b.c.s3cret")]
    public void Table_that_is_no_name_is_refused_before_anything_is_sent_and_not_quoted(string table)
    {
        var fault = Assert.Throws<LoginEtlException>(() => Database.From(new DatabaseSettings { Database = new SecretText("Host=h"), Table = table }));
        Assert.Equal("InvalidTableName", fault.Id);
        Assert.DoesNotContain("s3cret", fault.ToString() + fault.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user_logins")]
    [InlineData("etl.user_logins")]
    [InlineData("db.etl.user_logins")]
    [InlineData("Ærø.\"My logins, of 2026\"")]
    [InlineData("\"a\"\"b\".c$1")]
    public async Task Table_that_is_one_is_taken(string table)
    {
        await using var database = Database.From(new DatabaseSettings { Database = new SecretText("Host=h"), Table = table });
        Assert.NotNull(database);
    }

    [Fact]
    public void Root_certificate_that_is_missing_or_would_not_be_used_is_refused()
    {
        Assert.Throws<LoginEtlException>(() => Database.From(new DatabaseSettings { Database = new SecretText("Host=h"), RootCertificate = "/nowhere.pem" }));
        var file = Path.GetTempFileName();
        try
        {
            Assert.Throws<LoginEtlException>(() => Database.From(new DatabaseSettings { Database = new SecretText("Host=h;SSL Mode=Prefer"), RootCertificate = file }));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Database Open(string text) => Database.From(new DatabaseSettings { Database = new SecretText(text) });

    [Theory]
    [InlineData("Host=db.example;Username=u;Password=p", true)]
    [InlineData("postgresql://u:p@db.example/d", true)]
    [InlineData("postgresql://u@db.example/d", false)]
    [InlineData("Host=db.example;Username=u", false)]
    [InlineData("Host=127.0.0.1;Username=u;Password=p", false)]
    [InlineData("postgresql://u:p@localhost/d", false)]
    [InlineData("Host=127.0.0.1,db.example;Username=u;Password=p", true)]
    [InlineData("neither", false)]
    public void Password_on_its_way_off_this_machine_is_seen(string text, bool carries) =>
        Assert.Equal(carries, new PostgresConnector().CarriesPassword(new SecretText(text)));
}
