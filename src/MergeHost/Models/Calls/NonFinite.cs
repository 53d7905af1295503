using MergeHost.Checkpoints;

namespace MergeHost.Models.Calls;

/// <summary>Numbers of a model by which no algorithm of matrices can go on, told as a problem of the
/// model and not of the plugin that ran it.</summary>
internal static class NonFinite
{
    /// <summary>The error of a tensor that holds NaN or infinities.</summary>
    /// <param name="tensor">The tensor's name.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="exception">What the algorithm threw.</param>
    public static CheckpointException Error(string tensor, string model, ArithmeticException exception) => new(
        new Problem(ErrorCodes.NonFinite, $"tensor '{tensor}' of '{model}': {exception.Message}", "Mend the model, or leave it out."),
        exception);
}
