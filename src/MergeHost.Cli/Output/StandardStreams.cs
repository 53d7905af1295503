using System.Text;
using MergeHost.Models.Calls;

namespace MergeHost.Cli.Output;

/// <summary>Writes to stdout and stderr, whoever reads them: a reader that is gone is no error, a
/// full disk is one of stdout's alone.</summary>
internal static class StandardStreams
{
    private static readonly StreamWriter _data = Writer(new Guarded(Console.OpenStandardOutput, isData: true));
    private static readonly StreamWriter _talk = Writer(new Guarded(Console.OpenStandardError, isData: false));

    /// <summary>Takes the place of the console's own.</summary>
    public static void Install()
    {
        Console.SetOut(_data);
        Console.SetError(_talk);
    }

    private static StreamWriter Writer(Stream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    private sealed class Guarded(Func<Stream> open, bool isData) : Stream
    {
        private readonly Stream _inner = open();
        private bool _isGone;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            // What a plugin prints is no result.
            if (isData && PluginCall.Current is not null)
            {
                _talk.BaseStream.Write(buffer);
                return;
            }

            if (_isGone)
            {
                return;
            }

            try
            {
                _inner.Write(buffer);
                _inner.Flush();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // What is to be said of it cannot be said twice.
                _isGone = true;
                if (isData)
                {
                    throw new MergeHostException(
                        new Problem(ErrorCodes.WriteFailed,
                            $"the result cannot be written to stdout: {exception.Message.TrimEnd('.')}; what was to be done is done"),
                                exception);
                }
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
