namespace LoginEtl.Versions;

/// <summary>How <c>app_version</c> is encoded in its column. A missing part counts as 0.</summary>
public enum AppVersionFormat
{
    /// <summary>By the column's type: integer → Packed, text → Text, three columns → those.</summary>
    Auto,

    /// <summary>a·10⁶+b·10³+c: order kept, no collisions. Minor and patch up to 999, the sum within int4.</summary>
    Packed,

    /// <summary>a·10⁴+b·10²+c: 2.3.4 → 20304. Minor and patch up to 99.</summary>
    Decimal,

    /// <summary>a·2⁸+b·2⁴+c. Minor and patch up to 15.</summary>
    Nibble,

    /// <summary>Dots removed: 2.3.0 → 230. Collides (2.30 and 2.3.0); for tables that already hold it.</summary>
    Digits,

    /// <summary>As sent, whatever it is.</summary>
    Text,

    /// <summary>Three parts zero-padded to five digits: text that sorts as versions do.</summary>
    Sortable,
}
