using System.Text;
using MergeHost.Plugins.LanguageModel.Python;

namespace MergeHost.Plugins.LanguageModel.Templates;

/// <summary>Computes a value.</summary>
/// <exception cref="FormatException">Something is missing, or is of the wrong type.</exception>
internal delegate object? Expression(TemplateScope scope);

/// <summary>Writes a part of a template.</summary>
/// <returns>How the loop around it goes on.</returns>
/// <exception cref="FormatException">Something is missing, or is of the wrong type.</exception>
internal delegate Flow Statement(TemplateScope scope, StringBuilder output);

/// <summary>How a loop goes on after a part of its body.</summary>
internal enum Flow
{
    Next,
    Continue,
    Break,
}

/// <summary>The variables that a part of a template sees, and what its rendering has taken.</summary>
internal sealed class TemplateScope
{
    private readonly IReadOnlyDictionary<string, object?> _fields;
    private readonly TemplateScope? _outer;
    private readonly Dictionary<string, object?> _variables = [];
    private readonly int[] _steps;
    private readonly int _depth;

    public TemplateScope(IReadOnlyDictionary<string, object?> fields, TemplateOptions options)
    {
        _fields = fields;
        _steps = [0];
        Options = options;
    }

    private TemplateScope(TemplateScope outer, int depth)
    {
        _outer = outer;
        _fields = outer._fields;
        _steps = outer._steps;
        _depth = depth;
        Options = outer.Options;
    }

    public TemplateOptions Options { get; }

    /// <summary>A scope whose variables are not seen outside.</summary>
    public TemplateScope Inner() => new(this, _depth);

    /// <summary>The scope of a call, whose variables are not seen outside.</summary>
    /// <param name="caller">Who calls.</param>
    /// <exception cref="FormatException">Calls are too deep.</exception>
    public TemplateScope Call(TemplateScope caller) =>
        caller._depth < TemplateLimits.Depth
            ? new TemplateScope(this, caller._depth + 1)
            : throw new FormatException($"calls are deeper than {TemplateLimits.Depth}");

    /// <summary>Counts work.</summary>
    /// <exception cref="FormatException">It is too much.</exception>
    public void Step()
    {
        if (++_steps[0] > TemplateLimits.Steps)
        {
            throw new FormatException($"it takes more than {TemplateLimits.Steps} steps");
        }
    }

    public void Set(string name, object? value) => _variables[name] = value;

    /// <summary>A variable, or what says that there is none.</summary>
    public object? Get(string name)
    {
        for (TemplateScope? scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._variables.TryGetValue(name, out object? value))
            {
                return value;
            }
        }

        return _fields.TryGetValue(name, out object? field) ? field
            : Options.Functions.TryGetValue(name, out PythonFunction? own) ? own
            : TemplateGlobals.Find(name) ?? (object)new Undefined($"there is no field '{name}'", Options.IsLenient);
    }
}
