using System.Runtime.CompilerServices;
using LoginEtl.Faults;
using LoginEtl.Keysets;
using LoginEtl.Masking;
using LoginEtl.Records;
using LoginEtl.Tokens;

namespace LoginEtl.Protecting;

/// <summary>
/// Turns logins into records whose personal data are tokens, and rejects into sealed ones. Not thread-safe: one a
/// worker.
/// </summary>
public sealed class Protector : IDisposable
{
    private readonly ProtectOptions _options;
    private readonly Func<string, string> _ipForm;
    private readonly IMasker _ip;
    private readonly IMasker _deviceId;
    private readonly BodySealer _sealer;
    private readonly OriginalSealer? _originals;
    private readonly TimeProvider _time;

    // As long as somebody holds one of a group's messages, and no longer.
    private readonly ConditionalWeakTable<MaskingBatch, MaskedBatch> _groups = [];
    private readonly DeliveryIdentity _identity;

    /// <summary>Reads the keys it needs from <paramref name="keyring"/>, which stays the caller's.</summary>
    /// <exception cref="Faults.LoginEtlException">A keyset is missing or does not hold the right kind of key.</exception>
    public Protector(Keyring keyring, ProtectOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(keyring);
        CanonicalForm.RequireNormalisation();
        _identity = new DeliveryIdentity(keyring);
        _options = options ?? new ProtectOptions();
        if (_options.DefaultLocale is { } locale && !Quotable.IsLocale(locale))
        {
            throw new LoginEtlException(
                ErrorId.SettingInvalid, "The default locale is not valid: it takes letters, digits, blanks and _ - . @ / ( ), 64 at most.",
                "Correct it, or leave it out. It is written into rows as it is.");
        }

        _time = time ?? TimeProvider.System;
        var methods = _options.Methods;
        _sealer = new BodySealer(keyring.Get(KeysetName.Quarantine));
        _originals = methods.UseVault ? new OriginalSealer(keyring.Get(KeysetName.Escrow)) : null;
        _ipForm = CanonicalForm.Of(LoginFields.Ip, _options.IpForm);
        _ip = Masker(keyring, methods.OfIp, LoginFields.Ip, _ipForm);
        _deviceId = Masker(keyring, methods.OfDeviceId, LoginFields.DeviceId, CanonicalForm.OfDeviceId);
        Keys = PrimaryKeys.Of(keyring, methods);
    }

    /// <summary>The keys that it makes tokens with.</summary>
    public IReadOnlyList<StoredKey> Keys { get; }

    /// <summary>What made it, and makes another when the keys are to be others; null where nothing does.</summary>
    internal ProtectorSource? Source { get; init; }

    /// <summary>
    /// Protects one. The first of those that were received together masks the personal data of all; what else they hold
    /// may still change until each of them is protected.
    /// </summary>
    public ProtectedLogin Protect(IncomingLogin login)
    {
        if (login is not LoginMessage { Group: var (group, place) } message || Masked(group) is not { } masked)
        {
            return Protect([login])[0];
        }

        _identity.Identify(message);
        return Protected(message, masked, place);
    }

    /// <summary>Protects many; the answer has their order. Groups of some hundreds are fastest.</summary>
    public ProtectedLogin[] Protect(IReadOnlyList<IncomingLogin> logins)
    {
        ArgumentNullException.ThrowIfNull(logins);
        var ips = new Plaintext?[logins.Count];
        var devices = new Plaintext?[logins.Count];
        for (var i = 0; i < logins.Count; i++)
        {
            _identity.Identify(logins[i]);
            ips[i] = (logins[i] as LoginMessage)?.Ip;
            devices[i] = (logins[i] as LoginMessage)?.DeviceId;
        }

        var masked = Mask(ips, devices);
        var results = new ProtectedLogin[logins.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = logins[i] switch
            {
                RejectedLogin reject => Seal(reject, reject.GetRejection()),
                LoginMessage message => Protected(message, masked, i),
                _ => throw new ArgumentException("Neither a login nor a reject.", nameof(logins)),
            };
        }

        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ip.Dispose();
        _deviceId.Dispose();
        _originals?.Dispose();
        _sealer.Dispose();
        _identity.Dispose();
    }

    private IMasker Masker(Keyring keyring, MaskMethod method, string attribute, Func<string, string> canonicalForm) => method switch
    {
        MaskMethod.Siv => new SivMasker(keyring.Get(attribute), attribute, canonicalForm),
        MaskMethod.Pfx => new PfxMasker(
            keyring.Get(KeysetName.Pfx(attribute)), new SivMasker(keyring.Get(attribute), attribute, canonicalForm), canonicalForm),
        MaskMethod.Mac => new MacMasker(keyring.Get(KeysetName.Mac(attribute)), attribute, canonicalForm),
        _ => new EscrowMasker(
            new MacMasker(keyring.Get(KeysetName.Mac(attribute)), attribute, canonicalForm), _originals!, attribute, canonicalForm),
    };

    // Null where another masked it first: two in one pipeline, or side by side.
    private MaskedBatch? Masked(MaskingBatch group)
    {
        if (_groups.TryGetValue(group, out var masked))
        {
            return masked;
        }

        if (group.Take() is not { } values)
        {
            return null;
        }

        masked = Mask(values.Ips, values.DeviceIds);
        _groups.Add(group, masked);
        return masked;
    }

    private MaskedBatch Mask(Plaintext?[] ips, Plaintext?[] devices)
    {
        var masked = new MaskedBatch(new Token?[ips.Length], new bool[ips.Length], new Token?[ips.Length], new bool[ips.Length]);
        _ip.Mask(ips, masked.Ips, masked.IpFits);
        _deviceId.Mask(devices, masked.DeviceIds, masked.DeviceIdFits);
        return masked;
    }

    private ProtectedLogin Protected(LoginMessage message, MaskedBatch masked, int place)
    {
        if (message.GetDelivery().IsOriginUnverified)
        {
            return Seal(message, new Rejection(RejectReason.OriginUnverified));
        }

        if (MaskingRules.Check(message, _options, masked.IpFits[place], masked.DeviceIdFits[place]) is { } why)
        {
            return Seal(message, why);
        }

        var found = Unmasked(message);
        return found != PiiFields.None && _options.OnPiiFound == PiiFoundAction.Quarantine
            ? Seal(message, new Rejection(RejectReason.PiiFound, PiiFinder.NamesOf(found).First()))
            : Record(message, masked.Ips[place], masked.DeviceIds[place], found);
    }

    private PiiFields Unmasked(LoginMessage message) => _options.OnPiiFound == PiiFoundAction.Ignore ? PiiFields.None : PiiFinder.Find(message);

    private LoginRecord Record(LoginMessage message, Token? ip, Token? device, PiiFields found)
    {
        var sent = message.SentTimestamp ?? _time.GetUtcNow();
        return new LoginRecord(message.GetDelivery(), ip, device)
        {
            UserId = message.UserId,
            DeviceType = message.DeviceType,
            Locale = message.Locale ?? _options.DefaultLocale,
            AppVersion = message.AppVersion,
            HasNoAddress = message.Ip is { } address && !AddressText.IsAddress(_ipForm(address.Reveal())),
            CreateDate = DateOnly.FromDateTime(sent.UtcDateTime),
            CreatedAt = sent,
            Pii = found,
            MaskedBy = this,
        };
    }

    private SealedReject Seal(IncomingLogin login, Rejection why)
    {
        var delivery = login.GetDelivery();
        return new SealedReject(delivery, why, _sealer.Seal(login.Body, delivery.Id!.Value));
    }
}

/// <summary>What records were masked by. A record holds it without knowing what it is.</summary>
public static class MaskingKeys
{
    /// <summary>The keys that whatever masked it makes tokens with; empty of a record that was stored before.</summary>
    public static IReadOnlyList<StoredKey> GetMaskingKeys(this LoginRecord record) => record.Maker()?.Keys ?? [];

    /// <summary>What made its tokens; null of a record that was stored before.</summary>
    internal static Protector? Maker(this LoginRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return (Protector?)record.MaskedBy;
    }
}
