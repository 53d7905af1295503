using System.Reflection;
using System.Reflection.Emit;
using MergeHost.Evaluation;
using MergeHost.Kernels.Randomness;
using MergeHost.Storage;
using MergeHost.Testing;

namespace MergeHost.Tests;

/// <summary>Namespaces depend on each other one way: read from the compiled assemblies, down to the bodies of methods.</summary>
public sealed class NamespaceTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> _opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    // The one type of each that stands above all others, though its namespace is the shortest.
    private static readonly string[] _facades = [nameof(MergeEngine), nameof(EvaluationEngine)];

    public static TheoryData<Type> Assemblies =>
        [typeof(MergeEngine), typeof(EvaluationEngine), typeof(Philox), typeof(PartialFile), typeof(Some)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Namespaces_OfAnAssembly_FormNoCircle(Type anyOfIt)
    {
        Dictionary<string, Dictionary<string, string>> uses = [];
        foreach (Type type in anyOfIt.Assembly.GetTypes())
        {
            foreach (Type used in Used(type).SelectMany(Parts)
                .Where(used => used.Assembly == type.Assembly && Node(used) != Node(type) && Node(used).Length > 0))
            {
                uses.TryAdd(Node(type), []);
                uses[Node(type)].TryAdd(Node(used), $"{type.Name} uses {used.Name}");
            }
        }

        foreach (string start in uses.Keys)
        {
            Assert.True(Circle(start, start, [], uses) is not { } circle, string.Join("\n", Circle(start, start, [], uses) ?? []));
        }
    }

    private static List<string>? Circle(string at, string end, HashSet<string> seen, Dictionary<string, Dictionary<string, string>> uses)
    {
        foreach ((string next, string why) in uses.GetValueOrDefault(at, []))
        {
            if (next == end)
            {
                return [$"{at} -> {next}: {why}"];
            }

            if (seen.Add(next) && Circle(next, end, seen, uses) is { } rest)
            {
                return [$"{at} -> {next}: {why}", .. rest];
            }
        }

        return null;
    }

    private static string Node(Type type) => _facades.Contains(Outermost(type).Name) ? Outermost(type).Name : type.Namespace ?? "";

    private static Type Outermost(Type type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<Type> Parts(Type? type) => type is null ? []
        : type.HasElementType ? Parts(type.GetElementType())
        : type.IsGenericType && !type.IsGenericTypeDefinition
            ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)]
        : type.IsGenericParameter ? []
        : [type];

    private static IEnumerable<Type?> Used(Type type) =>
    [
        type.BaseType, .. type.GetInterfaces(), .. type.GetFields(All).Select(field => field.FieldType),
        .. type.GetGenericArguments().SelectMany(argument => argument.IsGenericParameter ? argument.GetGenericParameterConstraints() : []),
        .. type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)).SelectMany(Used),
    ];

    private static IEnumerable<Type?> Used(MethodBase method)
    {
        List<Type?> used = [(method as MethodInfo)?.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)];
        if (method.GetMethodBody() is not { } body)
        {
            return used;
        }

        used.AddRange(body.LocalVariables.Select(local => local.LocalType));
        byte[] code = body.GetILAsByteArray()!;
        for (int at = 0; at < code.Length;)
        {
            OpCode operation = _opCodes[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += operation.Size;
            if (operation.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType
                or OperandType.InlineTok)
            {
                MemberInfo member = method.Module.ResolveMember(BitConverter.ToInt32(code, at), TypeArguments(method),
                    MethodArguments(method))!;
                used.AddRange([member as Type ?? member.DeclaringType, .. (member as MethodInfo)?.GetGenericArguments() ?? []]);
            }

            at += operation.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }

        return used;
    }

    private static Type[]? TypeArguments(MethodBase method) =>
        method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;

    private static Type[]? MethodArguments(MethodBase method) => method.IsGenericMethod ? method.GetGenericArguments() : null;
}
