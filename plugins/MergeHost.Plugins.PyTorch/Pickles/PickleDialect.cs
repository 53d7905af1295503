using static MergeHost.Plugins.PyTorch.Pickles.PickleText;

namespace MergeHost.Plugins.PyTorch.Pickles;

/// <summary>What names mean in a kind of pickle: which are on the list, and which values come of them.</summary>
/// <remarks>Module and name are compared as two exact texts; nothing is ever looked up, imported or called.</remarks>
internal abstract class PickleDialect
{
    /// <summary>A name that the pickle refers to.</summary>
    /// <exception cref="PickleFault">It is not on the list.</exception>
    public abstract PickleGlobal Global(string module, string name);

    /// <summary>What REDUCE makes of a name and arguments.</summary>
    public abstract object? Call(PickleGlobal function, PickleTuple arguments);

    /// <summary>What BINPERSID makes of an id.</summary>
    public abstract object Persistent(object? id);

    /// <summary>What NEWOBJ makes of a name and arguments.</summary>
    public virtual object? Create(PickleGlobal type, PickleTuple arguments) => throw PickleFault.Refused($"a new {Quote(type)}");

    /// <summary>Takes what BUILD sets; the attributes of a dict mean nothing, and are dropped.</summary>
    public virtual void Build(object? target, object? state)
    {
        if (target is not PickleMap || state is not PickleMap)
        {
            throw PickleFault.Refused($"BUILD of {Kind(target)} with {Kind(state)}");
        }
    }

    /// <summary>The key of a dict.</summary>
    public virtual object Key(object? key) => key switch
    {
        null => NoneKey.Only,
        string or long or bool or double => key,
        _ => throw PickleFault.Refused($"the key of a dict is {Kind(key)}"),
    };
}
