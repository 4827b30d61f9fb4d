namespace LoginEtl.Postgres.Targets;

/// <summary>The types of columns that rows can be written to, by what is sent for them.</summary>
internal enum ColumnType
{
    /// <summary>text, varchar, char, citext, and domains over them.</summary>
    Text,

    /// <summary>An enum: its labels are sent as text.</summary>
    Enum,

    /// <summary>smallint.</summary>
    Int2,

    /// <summary>integer.</summary>
    Int4,

    /// <summary>bigint.</summary>
    Int8,

    /// <summary>date.</summary>
    Date,

    /// <summary>timestamp without time zone: the moment in UTC.</summary>
    Timestamp,

    /// <summary>timestamp with time zone: the moment.</summary>
    TimestampTz,

    /// <summary>uuid, of a text that is one.</summary>
    Uuid,

    /// <summary>Anything else: no row can be written to it.</summary>
    Other,
}
