using System.Reflection;

namespace MergeHost.Testing;

/// <summary>What every implementation of a contract must do, law by law, without a test framework.</summary>
/// <remarks>A law is a method with <see cref="LawAttribute"/>; a class that inherits one may add its own.</remarks>
public abstract class Conformance
{
    /// <summary>Names of laws that the implementation need not obey; none by default.</summary>
    public IReadOnlyCollection<string> Except { get; init; } = [];

    /// <summary>The names of the laws of a class.</summary>
    public static IEnumerable<string> LawsOf(Type conformance) =>
        conformance.GetMethods().Where(method => method.IsDefined(typeof(LawAttribute), inherit: true)).Select(method => method.Name)
            .Order(StringComparer.Ordinal);

    /// <summary>Tries all laws.</summary>
    /// <returns>Those that are broken.</returns>
    public IReadOnlyList<Violation> Check() => [.. LawsOf(GetType()).Select(Check).OfType<Violation>()];

    /// <summary>Tries a law.</summary>
    /// <param name="law">Its name.</param>
    /// <returns><see langword="null"/> if it is kept, or is one of <see cref="Except"/>.</returns>
    /// <exception cref="ArgumentException">There is no such law.</exception>
    public Violation? Check(string law)
    {
        MethodInfo method = GetType().GetMethod(law) is { } found && found.IsDefined(typeof(LawAttribute), inherit: true)
            ? found
            : throw new ArgumentException($"there is no law '{law}'", nameof(law));
        if (Except.Contains(law))
        {
            return null;
        }

        Begin();
        try
        {
            method.CreateDelegate<Action>(this)();
            return null;
        }
        catch (Exception exception)
        {
            Exception cause = exception is AggregateException { InnerExceptions: [Exception inner, ..] } ? inner : exception;
            return cause is MergeHostException refusal ? new Violation(law, refusal.Message) { Refusal = refusal.Code }
                : new Violation(law, cause is LawException ? cause.Message : Trace(cause));
        }
        finally
        {
            End();
        }
    }

    // The part of a trace that is the implementation's.
    private static string Trace(Exception exception) => string.Join(Environment.NewLine, exception.ToString().Split(Environment.NewLine)
        .TakeWhile(line => !line.Contains($" at {typeof(Conformance).Namespace}.", StringComparison.Ordinal)));

    /// <summary>Called before each law.</summary>
    private protected virtual void Begin()
    {
    }

    /// <summary>Called after each law.</summary>
    private protected virtual void End()
    {
    }
}

/// <summary>Marks a method without parameters as a law of a <see cref="Conformance"/>; it throws when the law is broken.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LawAttribute : Attribute;

/// <summary>A law that an implementation breaks.</summary>
/// <param name="Law">The law's name, which says what must hold.</param>
/// <param name="Message">What was expected and what was found, or the exception with its trace.</param>
public sealed record Violation(string Law, string Message)
{
    /// <summary>The code with which the implementation refuses the inputs, for its user;
    /// <see langword="null"/> if it breaks the law.</summary>
    public ErrorCode? Refusal { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Law}: {Message}";
}

/// <summary>Says that a law is broken.</summary>
/// <param name="message">What was expected and what was found.</param>
public sealed class LawException(string message) : Exception(message);
