using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MergeHost.Testing;

/// <summary>What laws say in code: each of these fails with a message that tells what was expected and what was found.</summary>
internal static class Assert
{
    public static void True([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string message = "")
    {
        if (!condition)
        {
            throw new LawException(message);
        }
    }

    public static void Equal<T>(T expected, T actual, [CallerArgumentExpression(nameof(actual))] string what = "") =>
        Compare(expected, actual, what);

    public static void Empty<T>(IEnumerable<T> items, [CallerArgumentExpression(nameof(items))] string what = "") =>
        True(!items.Any(), $"{what}: {string.Join("; ", items.Take(5))}");

    public static void NotEmpty<T>(IEnumerable<T> items, [CallerArgumentExpression(nameof(items))] string what = "") =>
        True(items.Any(), $"{what}: there are none");

    public static void Names(string part, Exception exception) =>
        True(exception.Message.Contains(part, StringComparison.Ordinal), $"the message does not name '{part}': {exception.Message}");

    public static void All<T>(IEnumerable<T> items, Action<T> check)
    {
        foreach (T item in items)
        {
            check(item);
        }
    }

    public static TException Throws<TException>(Action action, [CallerArgumentExpression(nameof(action))] string what = "")
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException exception)
        {
            return exception;
        }
        catch (Exception exception)
        {
            throw new LawException(
                $"{what} throws {exception.GetType().Name} ({exception.Message}), {typeof(TException).Name} was expected");
        }

        throw new LawException($"{what} throws nothing, {typeof(TException).Name} was expected");
    }

    private static void Compare(object? expected, object? actual, string what)
    {
        if (expected is byte[] bytes && actual is byte[] others && bytes.AsSpan().SequenceEqual(others))
        {
            return;
        }

        if (expected is IEnumerable first and not string && actual is IEnumerable second and not string)
        {
            object?[] wanted = [.. first.Cast<object?>()], found = [.. second.Cast<object?>()];
            True(wanted.Length == found.Length, $"{what} has {found.Length} items, {wanted.Length} were expected");
            for (int place = 0; place < wanted.Length; place++)
            {
                if (!Equals(wanted[place], found[place]))
                {
                    Compare(wanted[place], found[place], $"{what}, item {place}");
                }
            }

            return;
        }

        True(Equals(expected, actual), $"{what} is {Words(actual)}, {Words(expected)} was expected");
    }

    private static string Words(object? value) => value is null ? "nothing" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
