namespace Microsoft.ML.Score.Composition;

/// <summary>
/// The bytes of an ONNX model of one operator, written by hand: the fields of ModelProto, GraphProto, NodeProto, AttributeProto and
/// ValueInfoProto of onnx.proto3 that a runtime asks for (IR version 8, operator set 13).
/// </summary>
internal static class OnnxModel
{
    /// <summary>map = data + data, of any shape.</summary>
    public static byte[] Doubling(params int[] shape) => Model(Node("Add", ["data", "data"]), shape, shape);

    /// <summary>map = the means of data's [1, C, side, side] over squares of size x size pixels.</summary>
    public static byte[] AveragePooling(int channels, int side, int size) => Model(
        Node("AveragePool", ["data"], Integers("kernel_shape", size, size), Integers("strides", size, size)),
        [1, channels, side, side],
        [1, channels, side / size, side / size]);

    private static byte[] Model(byte[] node, int[] inputShape, int[] outputShape)
    {
        byte[] graph = [.. Bytes(1, node), .. Text(2, "graph"), .. Bytes(11, Value("data", inputShape)), .. Bytes(12, Value("map", outputShape))];
        return [.. Number(1, 8), .. Bytes(7, graph), .. Bytes(8, [.. Text(1, ""), .. Number(2, 13)])];
    }

    private static byte[] Node(string operation, string[] inputs, params byte[][] attributes) =>
        [.. inputs.SelectMany(input => Text(1, input)), .. Text(2, "map"), .. Text(3, "node"), .. Text(4, operation), .. attributes.SelectMany(attribute => Bytes(5, attribute))];

    private static byte[] Integers(string name, params int[] values) => [.. Text(1, name), .. values.SelectMany(value => Number(8, value)), .. Number(20, 7)];

    /// <summary>A value of type float; a dimension of 0 gets the name "n", which is how a model says that it varies.</summary>
    private static byte[] Value(string name, int[] shape)
    {
        var dimensions = shape.SelectMany(size => Bytes(1, size > 0 ? Number(1, size) : Text(2, "n"))).ToArray();
        return [.. Text(1, name), .. Bytes(2, Bytes(1, [.. Number(1, 1), .. Bytes(2, dimensions)]))];
    }

    private static byte[] Text(int field, string text) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int field, byte[] bytes) => [.. Variable(field << 3 | 2), .. Variable(bytes.Length), .. bytes];

    private static byte[] Number(int field, int value) => [.. Variable(field << 3), .. Variable(value)];

    private static IEnumerable<byte> Variable(int value)
    {
        for (; value > 127; value >>= 7)
            yield return (byte)(value & 127 | 128);
        yield return (byte)value;
    }
}
