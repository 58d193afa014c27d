using System.Collections.Concurrent;
using VServerPanel.Native.FileTrees;

namespace VServerPanel.Native.Tests.FileTrees;

public sealed class WorkStackTests
{
    [Fact]
    public void Run_WorkMakesWork_AllIsDoneOnce()
    {
        var done = new ConcurrentBag<int>();
        var stack = new WorkStack<int>();
        stack.Push(1);
        stack.Run(Enumerable.Range(0, 8).ToList(), (_, item) =>
        {
            done.Add(item);
            foreach (var next in (int[])[2 * item, (2 * item) + 1])
            {
                if (next < 5000)
                {
                    stack.Push(next);
                }
            }
        });
        Assert.Equal(Enumerable.Range(1, 4999), done.Order());
    }

    [Fact]
    public void Run_WorkFails_EndsAndThrows()
    {
        var stack = new WorkStack<int>();
        stack.Push(1);
        var failure = Assert.Throws<InvalidOperationException>(() => stack.Run(Enumerable.Range(0, 8).ToList(), (_, item) =>
        {
            if (item == 100)
            {
                throw new InvalidOperationException("enough");
            }

            stack.Push(item + 1);
            stack.Push(item + 1);
        }));
        Assert.Equal("enough", failure.Message);
    }

    [Fact]
    public void Run_Nothing_Ends() => new WorkStack<int>().Run([1, 2], (_, _) => Assert.Fail("there is no work"));
}
