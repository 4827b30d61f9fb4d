using k8s.Models;

namespace LoginEtl.Unit.Deploy;

// Kinds that Kubernetes' client does not know, with the fields that the manifests use, as keda.sh/docs and kubectl.docs.kubernetes.io
// name them. Strict reading finds any other.
internal sealed class CustomResource<TSpec>
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public V1ObjectMeta? Metadata { get; set; }

    public TSpec? Spec { get; set; }
}

internal sealed class ScaledObject
{
    public V1LocalObjectReference? ScaleTargetRef { get; set; }

    public int? PollingInterval { get; set; }

    public int? MinReplicaCount { get; set; }

    public int? MaxReplicaCount { get; set; }

    public List<ScaleTrigger>? Triggers { get; set; }
}

internal sealed class ScaleTrigger
{
    public string? Type { get; set; }

    public V1LocalObjectReference? AuthenticationRef { get; set; }

    public Dictionary<string, string>? Metadata { get; set; }
}

internal sealed class TriggerAuthentication
{
    public PodIdentity? PodIdentity { get; set; }
}

internal sealed class PodIdentity
{
    public string? Provider { get; set; }
}

internal sealed class Kustomization
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public List<KustomizationLabels>? Labels { get; set; }

    public List<string>? Resources { get; set; }
}

internal sealed class KustomizationLabels
{
    public bool? IncludeSelectors { get; set; }

    public Dictionary<string, string>? Pairs { get; set; }
}
