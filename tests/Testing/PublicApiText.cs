using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// Declarations of what an assembly shows to others, one line each, in the notation of a C# declaration without namespaces and
/// nullable annotations: <c>public static int Floor(double value);</c>
/// </summary>
public static class PublicApiText
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<Type> TypesOf(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(type => $"{type.Namespace}.{NameOf(type)}", StringComparer.Ordinal);

    /// <summary>The type's declaration, without base types.</summary>
    public static string Header(Type type)
    {
        if (IsDelegate(type))
            return $"public delegate {Signature(type.GetMethod("Invoke")!, NameOf(type))};";

        var kind = type.IsInterface ? "interface"
            : type.IsEnum ? "enum"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + "struct"
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";
        return $"public {kind} {NameOf(type)}";
    }

    /// <summary>The type's own public and protected members; explicit interface implementations and accessors are not among them.</summary>
    public static IEnumerable<string> Members(Type type)
    {
        if (IsDelegate(type))
            return [];
        if (type.IsEnum)
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)},");
        return type.GetMembers(Declared)
            .Where(member => member is not Type && !member.Name.Contains('.', StringComparison.Ordinal) || member is ConstructorInfo)
            .Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute)) || member is PropertyInfo or EventInfo)
            .Select(Describe)
            .Where(line => line is not null)
            .Select(line => line!);
    }

    /// <summary>The name of a type as code would write it, nested types behind their owners.</summary>
    public static string NameOf(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return NameOf(underlying) + "?";
        if (type.IsByRef)
            return NameOf(type.GetElementType()!);
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsGenericParameter)
            return type.Name;
        if (Keyword(type) is { } keyword)
            return keyword;

        // A nested type's arguments start with those of its owners, which are written with the owner.
        var owner = type.DeclaringType;
        var ownerArity = owner?.GetGenericArguments().Length ?? 0;
        var arguments = type.GetGenericArguments();
        var own = arguments[ownerArity..];
        var name = type.Name.Split('`')[0] + (own.Length == 0 ? "" : $"<{string.Join(", ", own.Select(NameOf))}>");
        if (owner is null)
            return name;
        return NameOf(ownerArity == 0 || owner.IsConstructedGenericType ? owner : owner.MakeGenericType(arguments[..ownerArity])) + "." + name;
    }

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(MulticastDelegate));

    private static string? Keyword(Type type) =>
        type == typeof(void) ? "void"
        : type == typeof(object) ? "object"
        : type.IsEnum ? null
        : Type.GetTypeCode(type) switch
        {
            TypeCode.Boolean => "bool",
            TypeCode.Byte => "byte",
            TypeCode.SByte => "sbyte",
            TypeCode.Int16 => "short",
            TypeCode.UInt16 => "ushort",
            TypeCode.Int32 => "int",
            TypeCode.UInt32 => "uint",
            TypeCode.Int64 => "long",
            TypeCode.UInt64 => "ulong",
            TypeCode.Single => "float",
            TypeCode.Double => "double",
            TypeCode.Decimal => "decimal",
            TypeCode.Char => "char",
            TypeCode.String => "string",
            _ => null,
        };

    private static string? Describe(MemberInfo member) => member switch
    {
        FieldInfo field => Describe(field),
        ConstructorInfo { IsStatic: false } constructor when Visibility(constructor) is { } visibility =>
            $"{visibility}{constructor.DeclaringType!.Name.Split('`')[0]}({Parameters(constructor)});",
        MethodInfo { IsSpecialName: false } method when Visibility(method) is { } visibility =>
            $"{visibility}{Modifiers(method)}{Signature(method, method.Name)};",
        PropertyInfo property => Describe(property),
        EventInfo { AddMethod: { } add } named when Visibility(add) is { } visibility =>
            $"{visibility}{Modifiers(add)}event {NameOf(named.EventHandlerType!)} {named.Name};",
        _ => null,
    };

    private static string? Describe(FieldInfo field)
    {
        if (!field.IsPublic && !field.IsFamily && !field.IsFamilyOrAssembly)
            return null;

        var visibility = field.IsPublic ? "public " : "protected ";
        if (field.IsLiteral)
            return $"{visibility}const {NameOf(field.FieldType)} {field.Name} = {Literal(field.GetRawConstantValue(), field.FieldType)};";
        return $"{visibility}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{NameOf(field.FieldType)} {field.Name};";
    }

    private static string? Describe(PropertyInfo property)
    {
        var get = property.GetMethod is { } getter ? Visibility(getter) : null;
        var set = property.SetMethod is { } setter ? Visibility(setter) : null;
        if ((get ?? set) is not { } visibility)
            return null;

        var accessor = get is null ? property.SetMethod! : property.GetMethod!;
        var name = property.GetIndexParameters().Length == 0 ? property.Name : $"this[{Parameters(accessor)}]";
        var isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ?? false;
        var accessors = (get is null ? "" : "get; ") + (set is null ? "" : set == visibility ? "" : set) + (set is null ? "" : isInit ? "init; " : "set; ");
        return $"{visibility}{Modifiers(accessor)}{NameOf(property.PropertyType)} {name} {{ {accessors}}}";
    }

    private static string? Visibility(MethodBase method) =>
        method.DeclaringType!.IsInterface ? ""
        : method.IsPublic ? "public "
        : method.IsFamily || method.IsFamilyOrAssembly ? "protected "
        : null;

    private static string Modifiers(MethodInfo method) =>
        method.DeclaringType!.IsInterface ? ""
        : method.IsStatic ? "static "
        : method.IsAbstract ? "abstract "
        : method.GetBaseDefinition() != method ? "override "
        : method is { IsVirtual: true, IsFinal: false } ? "virtual "
        : "";

    private static string Signature(MethodInfo method, string name)
    {
        var generic = method.IsGenericMethodDefinition ? method.GetGenericArguments() : [];
        var arguments = generic.Length == 0 ? "" : $"<{string.Join(", ", generic.Select(NameOf))}>";
        var constraints = method.GetBaseDefinition() == method ? string.Concat(generic.Select(Constraint)) : "";
        return $"{(method.ReturnType.IsByRef ? "ref " : "")}{NameOf(method.ReturnType)} {name}{arguments}({Parameters(method)}){constraints}";
    }

    private static string Constraint(Type parameter)
    {
        var attributes = parameter.GenericParameterAttributes;
        var isValue = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> constraints = [];
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            constraints.Add("class");
        if (isValue)
            constraints.Add("struct");
        constraints.AddRange(parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(NameOf));
        if (!isValue && attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
            constraints.Add("new()");
        return constraints.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", constraints)}";
    }

    private static string Parameters(MethodBase method) =>
        string.Join(", ", method.GetParameters().Select((parameter, index) =>
            (index == 0 && method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")
            + (parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "")
            + (parameter.IsOut ? "out " : !parameter.ParameterType.IsByRef ? "" : parameter.IsDefined(typeof(InAttribute)) || parameter.IsIn ? "in " : "ref ")
            + $"{NameOf(parameter.ParameterType)} {parameter.Name}"
            + (parameter.HasDefaultValue ? $" = {Literal(parameter.DefaultValue, parameter.ParameterType)}" : "")));

    private static string Literal(object? value, Type type) => value switch
    {
        null => type.IsValueType && Nullable.GetUnderlyingType(type) is null || type.IsGenericParameter ? "default" : "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        double.NegativeInfinity => "-Infinity",
        double.PositiveInfinity => "Infinity",
        _ when (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } enumType => $"{NameOf(enumType)}.{Enum.ToObject(enumType, value)}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };
}
