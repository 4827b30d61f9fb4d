using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using LoginEtl.Settings;
using LoginEtl.Unit.Fixtures;
using Xunit;

namespace LoginEtl.Unit.Deploy;

/// <summary>The manifests: read strictly, and against what they are about.</summary>
public sealed class KubernetesTests
{
    private const string Folder = "deploy/kubernetes/";

    // Of one pod; less than docs/performance.md has for slow calls.
    private const int SettlesASecond = 1_000;

    // Of other projects' kinds, their fields as their documentation has them; what is not here is an error.
    private static readonly Dictionary<string, Type> s_kinds = new()
    {
        ["keda.sh/v1alpha1/ScaledObject"] = typeof(CustomResource<ScaledObject>),
        ["keda.sh/v1alpha1/TriggerAuthentication"] = typeof(CustomResource<TriggerAuthentication>),
        ["kustomize.config.k8s.io/v1beta1/Kustomization"] = typeof(Kustomization),
    };

    public static TheoryData<string> Files => [.. Directory.GetFiles(Repository.PathOf(Folder)).Select(f => Path.GetFileName(f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_manifest_holds_known_fields_only(string file) => Assert.NotEmpty(Read(file));

    [Fact]
    public void Field_that_is_misspelled_is_found() =>
        Assert.ThrowsAny<Exception>(() => Parse(Text("deployment.yaml").Replace("readOnlyRootFilesystem", "readOnlyRootFileSystem", StringComparison.Ordinal)));

    [Fact]
    public void Every_manifest_is_applied_but_the_one_that_is_run_before()
    {
        var applied = Assert.IsType<Kustomization>(Assert.Single(Read("kustomization.yaml"))).Resources!;
        Assert.Equal(["initialize.yaml", "kustomization.yaml"], Files.Select(f => f.Data).Except(applied).Order(StringComparer.Ordinal));
        Assert.Empty(applied.Except(Files.Select(f => f.Data)));
    }

    [Fact]
    public void Pods_are_what_the_image_is_made_for()
    {
        var image = File.ReadAllText(Repository.PathOf("deploy/container/Dockerfile"));
        var (pod, worker) = Pod();
        var user = long.Parse(Regex.Match(image, @"(?m)^USER (\d+)$").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal((user, user, user, true), (pod.SecurityContext.RunAsUser, pod.SecurityContext.RunAsGroup, pod.SecurityContext.FsGroup, pod.SecurityContext.RunAsNonRoot));
        Assert.Equal((true, false, "ALL"), (worker.SecurityContext.ReadOnlyRootFilesystem, worker.SecurityContext.AllowPrivilegeEscalation, Assert.Single(worker.SecurityContext.Capabilities.Drop)));
        Assert.Contains($"LOGINETL_HEALTH_PORT={Assert.Single(worker.Ports).ContainerPort}", image, StringComparison.Ordinal);
        Assert.Equal(["/livez", "/livez", "/readyz"], new[] { worker.StartupProbe, worker.LivenessProbe, worker.ReadinessProbe }.Select(p => p.HttpGet.Path));
        Assert.All([worker.StartupProbe, worker.LivenessProbe, worker.ReadinessProbe], p => Assert.Equal(worker.Ports[0].Name, p.HttpGet.Port.Value));
        // What the product takes: 0440 of root, by the group.
        Assert.Equal(Convert.ToInt32("440", 8), Assert.Single(pod.Volumes).Secret.DefaultMode);
        Assert.Equal($"file:{Assert.Single(worker.VolumeMounts).MountPath}", Settings()["LOGINETL_KEYSET"]);
        // Ten seconds, and two for a transaction under way, and the calls that return what is held.
        Assert.InRange(pod.TerminationGracePeriodSeconds!.Value, 30, 120);
    }

    [Fact]
    public void Every_setting_is_one_that_the_worker_has()
    {
        var names = Settings().Keys.Concat(Pod().Worker.Env.Select(e => e.Name)).Where(n => n.StartsWith("LOGINETL_", StringComparison.Ordinal)).ToList();
        Assert.True(names.Count >= 5, $"Only {names.Count} settings were found.");
        Assert.Empty(names.Except(SettingVariables.Known));
        Assert.Equal("true", Settings()["LOGINETL_WAIT"]);
        Assert.DoesNotContain(Settings(), s => s.Key.Contains("DATABASE", StringComparison.Ordinal));
    }

    [Fact]
    public void Scaling_asks_for_one_pod_for_what_a_pod_settles_until_the_next_look()
    {
        var scaled = Read("scaledobject.yaml").OfType<CustomResource<ScaledObject>>().Single().Spec!;
        var trigger = Assert.Single(scaled.Triggers!).Metadata!;
        // What is in flight counts: what one pod holds must not ask for a second.
        Assert.Equal("true", trigger["scaleOnInFlight"]);
        var length = int.Parse(trigger["queueLength"], CultureInfo.InvariantCulture);
        Assert.True(length >= SettlesASecond * scaled.PollingInterval!.Value, "More pods than can be busy are asked for.");
        Assert.True(length >= new ReceiveOptions().MaxHeld, "A pod asks for others by what it holds itself.");
    }

    private static (V1PodSpec Pod, V1Container Worker) Pod()
    {
        var pod = Assert.IsType<V1Deployment>(Assert.Single(Read("deployment.yaml"))).Spec.Template.Spec;
        return (pod, Assert.Single(pod.Containers));
    }

    private static IDictionary<string, string> Settings() => Assert.IsType<V1ConfigMap>(Assert.Single(Read("settings.yaml"))).Data;

    private static string Text(string file) => File.ReadAllText(Repository.PathOf(Folder + file));

    private static List<object> Read(string file) => Parse(Text(file));

    private static List<object> Parse(string text) => KubernetesYaml.LoadAllFromString(text, s_kinds, strict: true);
}
