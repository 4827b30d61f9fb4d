using System.Reflection;
using System.Runtime.Loader;
using Amazon.SecurityToken;
using Amazon.SSO;
using Amazon.SSOOIDC;
using LoginEtl.Aws;
using LoginEtl.Checks;
using LoginEtl.Ports;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Aws;

/// <summary>
/// In PowerShell the queue's side lives in a load context of its own, and AWS Tools may have brought the same assemblies
/// before. Here the tests' own copy is the foreign one.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class ForeignSdkTests : IDisposable
{
    private readonly SharedFiles _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("role", "an assumed role")]
    [InlineData("web", "a role assumed with a web identity token")]
    [InlineData("sso", "a session of IAM Identity Center (SSO)")]
    public async Task Another_modules_copy_of_the_SDK_is_not_in_the_way(string profile, string found)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() && profile == "sso", "The home folder is no environment variable's there.");
        Type[] foreign = [typeof(AmazonSecurityTokenServiceClient), typeof(AmazonSSOClient), typeof(AmazonSSOOIDCClient)];
        Assert.All(foreign, t => Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(t.Assembly)));
        await using var server = new StubServer(SharedFiles.Answer);
        _files.PointTo(server.Url);
        _files.WriteProfiles();
        _files.LogIn();
        var own = new OwnContext().LoadFromAssemblyName(typeof(SqsConnector).Assembly.GetName());
        Assert.NotSame(typeof(SqsConnector).Assembly, own);
        var connector = (IQueueConnector)Activator.CreateInstance(own.GetType(typeof(SqsConnector).FullName!)!)!;

        var checks = await connector.CheckAsync(
            new QueueSettings { Queue = "q", ProfileName = profile, EndpointUrl = server.Url, Timeout = TimeSpan.FromSeconds(10) },
            Cancelled);

        Assert.Equal(new Check("Credentials", CheckOutcome.Pass, $"Of the profile '{profile}': {found}."), checks[0]);
    }

    private sealed class OwnContext() : AssemblyLoadContext("own")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var path = Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll");
            return assemblyName.Name != typeof(QueueSettings).Assembly.GetName().Name && File.Exists(path)
                ? LoadFromAssemblyPath(path)
                : null;
        }
    }
}
