using MergeHost.Running.Scheduling;

namespace MergeHost.Tests.Running;

public sealed unsafe class NativeArenaTests
{
    [Fact]
    public void TryTake_GivesPiecesThatDoNotOverlap_UntilNoneIsLeft()
    {
        using NativeArena arena = new(1 << 20);
        byte* first = arena.TryTake(500_000);
        byte* second = arena.TryTake(400_000);
        Assert.True(first is not null && second is not null);
        Assert.True(second - first >= 500_000 || first - second >= 400_000);
        Assert.False(arena.HasRoomFor(300_000));
        Assert.True(arena.TryTake(300_000) is null);
        arena.Return(first, 500_000);
        Assert.True(arena.HasRoomFor(500_000));
    }

    [Fact]
    public void Return_JoinsNeighbours_SoThatTheWholeCanBeTakenAgain()
    {
        using NativeArena arena = new(1 << 20);
        byte*[] pieces = [arena.TryTake(1), arena.TryTake(200_000), arena.TryTake(300_000), arena.TryTake(65_536)];
        arena.Return(pieces[1], 200_000);
        arena.Return(pieces[3], 65_536);
        arena.Return(pieces[0], 1);
        Assert.True(arena.TryTake(1 << 20) is null);
        arena.Return(pieces[2], 300_000);
        Assert.True(arena.TryTake(1 << 20) is not null);
    }

    [Fact]
    public void TryTake_FromAnArenaWithoutMemory_GivesNone()
    {
        using NativeArena arena = new(0);
        Assert.True(arena.TryTake(1) is null);
    }
}
