namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Parquet's kinds of pages, with their numbers in the format.</summary>
internal enum PageType
{
    Data, Index, Dictionary, DataV2,
}

/// <summary>What stands before each page.</summary>
internal record struct PageHeader(PageType Type, int UncompressedSize, int CompressedSize, int ValueCount, int Encoding)
{
    /// <summary>Bytes of definition levels, of a page of the second version.</summary>
    public int DefinitionBytes { get; private set; }

    /// <summary>Bytes of repetition levels, of a page of the second version.</summary>
    public int RepetitionBytes { get; private set; }

    /// <summary>Whether the values are compressed; a page of the second version may leave that out.</summary>
    public bool IsCompressed { get; private set; } = true;

    public static PageHeader Read(ref ThriftCompactReader reader)
    {
        var header = new PageHeader((PageType)(-1), 0, 0, 0, 0);
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    header.Type = (PageType)reader.ReadInt32();
                    break;
                case 2:
                    header.UncompressedSize = reader.ReadInt32();
                    break;
                case 3:
                    header.CompressedSize = reader.ReadInt32();
                    break;
                case 5 or 7:
                    header.ReadValues(ref reader);
                    break;
                case 8:
                    header.ReadValuesV2(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }

        return header;
    }

    private void ReadValues(ref ThriftCompactReader reader)
    {
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    ValueCount = reader.ReadInt32();
                    break;
                case 2:
                    Encoding = reader.ReadInt32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
    }

    private void ReadValuesV2(ref ThriftCompactReader reader)
    {
        reader.EnterStruct();
        for (var id = 0; reader.NextField(ref id);)
            switch (id)
            {
                case 1:
                    ValueCount = reader.ReadInt32();
                    break;
                case 4:
                    Encoding = reader.ReadInt32();
                    break;
                case 5:
                    DefinitionBytes = reader.ReadInt32();
                    break;
                case 6:
                    RepetitionBytes = reader.ReadInt32();
                    break;
                case 7:
                    IsCompressed = reader.ReadBoolean();
                    break;
                default:
                    reader.Skip();
                    break;
            }
    }
}
