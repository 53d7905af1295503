using MergeHost.Checkpoints;
using MergeHost.Plugins.HuggingFace.Hub;

namespace MergeHost.Plugins.HuggingFace;

/// <summary>Trouble with the hub in the host's words.</summary>
internal static class HubProblem
{
    /// <summary>Does what may fail for the hub's sake.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="missing">Said first where the hub does not have what is asked for.</param>
    /// <exception cref="CheckpointException">It failed.</exception>
    public static T Told<T>(Func<T> work, string missing = "")
    {
        try
        {
            return work();
        }
        catch (HubException exception)
        {
            throw Of(exception, missing);
        }
    }

    /// <inheritdoc cref="Told{T}"/>
    public static void Told(Action work) => Told(() =>
    {
        work();
        return 0;
    });

    /// <summary>The exception that users see.</summary>
    public static CheckpointException Of(HubException exception, string missing = "") => new(
        new Problem(CodeOf(exception.Fault), (exception.Fault is HubFault.NotFound or HubFault.Offline ? missing : "") + exception.Message,
            exception.Hint), exception);

    private static ErrorCode CodeOf(HubFault fault) => fault switch
    {
        HubFault.Offline => ErrorCodes.HubOffline,
        HubFault.Unreachable => ErrorCodes.HubUnreachable,
        HubFault.NotFound => ErrorCodes.HubNotFound,
        HubFault.Denied => ErrorCodes.HubDenied,
        HubFault.Address => ErrorCodes.HubAddress,
        HubFault.Answer => ErrorCodes.HubAnswer,
        HubFault.Damaged => ErrorCodes.HubDamaged,
        HubFault.UnsafeName => ErrorCodes.HubName,
        HubFault.Card => ErrorCodes.HubCard,
        HubFault.Expired => ErrorCodes.HubUnreachable,
        _ => ErrorCodes.HubCache,
    };
}
