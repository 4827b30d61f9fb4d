using System.Text.Json.Serialization;

namespace LoginEtl.Sqs.Keys;

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(KmsDecryptRequest))]
[JsonSerializable(typeof(KmsDecryptResponse))]
[JsonSerializable(typeof(KmsEncryptRequest))]
[JsonSerializable(typeof(KmsEncryptResponse))]
internal sealed partial class KmsJson : JsonSerializerContext;
