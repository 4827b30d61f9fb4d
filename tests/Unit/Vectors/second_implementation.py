"""Makes siv, mac and pfx tokens and opens sealed originals as docs/tokens.md says, with python-cryptography instead of our code.

Reads keysets, canonical values and sealed originals as JSON from standard input, and writes what it makes of them.
Exit code 3: the package, or its AESSIV, is not there.
"""
import base64, hashlib, hmac, ipaddress, json, sys

try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
except ImportError:
    sys.exit(3)
try:
    AESSIV(bytes(64)).encrypt(b"x" * 16, [b"probe"])
except UnsupportedAlgorithm:
    sys.exit(3)

asked = json.load(sys.stdin)


def primary(keyset):
    key = next(k for k in keyset["key"] if k["keyId"] == keyset["primaryKeyId"])
    return key["keyId"], base64.b64decode(key["keyData"]["value"])


KEYS = {name: primary(keyset) for name, keyset in asked["keys"].items()}


def encoded(prefix, key_id, body):
    return prefix + base64.urlsafe_b64encode(b"\x01" + key_id.to_bytes(4, "big") + body).decode().rstrip("=")


def padded(text):
    data = text.encode() + b"\x80"
    return data + bytes(-len(data) % 16)


def siv(attribute, text):
    key_id, value = KEYS[attribute]
    return encoded("siv1.", key_id, AESSIV(value[-64:]).encrypt(padded(text), [b"login-etl/1/" + attribute.encode()]))


def mac(attribute, text):
    key_id, value = KEYS[attribute + ".mac"]
    message = b"login-etl/1/" + attribute.encode() + b"\0" + text.encode()
    return encoded("mac1.", key_id, hmac.new(value[-32:], message, hashlib.sha256).digest())


def aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(block.to_bytes(16, "big")) + encryptor.finalize(), "big")


def pfx(text):
    key_id, value = KEYS["ip.pfx"]
    address = int(ipaddress.IPv4Address(text))
    prefix, result = (1 << 96) | 0xFFFF, 0
    for place in range(31, -1, -1):
        bit = (address >> place) & 1
        result = (result << 1) | (bit ^ ((aes(value[-32:-16], prefix) ^ aes(value[-16:], prefix)) & 1))
        prefix = (prefix << 1) | bit
    return "pfx1.%08x.%s" % (key_id, ipaddress.IPv4Address(result))


def original(token, sealed):
    data = base64.b64decode(sealed)
    key_id, value = primary(asked["escrow"])
    assert data[:5] == b"\x01" + key_id.to_bytes(4, "big")
    private = ec.derive_private_key(int.from_bytes(value[-32:], "big"), ec.SECP256R1())
    point = data[5:70]
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    info = b"login-etl/1/device_id\0" + token.encode()
    key = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(point + shared)
    clear = AESGCM(key).decrypt(data[70:82], data[82:], None)
    return clear.rstrip(b"\0")[:-1].decode()


json.dump([
    {
        "siv": [siv("ip", v["ip"]), siv("device_id", v["device_id"])],
        "mac": [mac("ip", v["ip"]), mac("device_id", v["device_id"])],
        "pfx": pfx(v["ip"]),
        "original": original(*s),
    }
    for v, s in zip(asked["values"], asked["sealed"])
], sys.stdout)
