using System.Collections.Frozen;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Microsoft.ML.Score.Architecture.Reading;

/// <summary>The metadata tokens in a method's instructions.</summary>
internal static class MethodBodyTokens
{
    private const int TwoByteMark = 0xFE;

    private static readonly FrozenDictionary<int, OperandType> s_operands = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(code => code.Value & 0xFFFF, code => code.OperandType);

    public static IEnumerable<EntityHandle> Read(byte[] instructions)
    {
        for (var at = 0; at < instructions.Length;)
        {
            int code = instructions[at++];
            if (code == TwoByteMark)
                code = code << 8 | instructions[at++];
            var operand = s_operands[code];
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
                yield return MetadataTokens.EntityHandle(BitConverter.ToInt32(instructions, at));
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(instructions, at),
                _ => 4,
            };
        }
    }
}
