//! test parse ir interp

// Written on every path, so that nothing is checked at run time and nothing is warned of.
int loop_forever(int a)
{
    int x;
    while (1)
    {
        x = a;
        if (x > 3)
        {
            break;
        }
        a++;
    }
    return x;
}

int returns_otherwise(int a)
{
    int x;
    if (a)
    {
        x = 2;
    }
    else
    {
        return 1;
    }
    return x;
}

int conditional(int a)
{
    int x;
    int y = a ? (x = 1) : (x = 2);
    return x + y;
}

int do_once(int a)
{
    int x;
    do
    {
        x = a;
    }
    while (x > 10 && a-- > 0);
    return x;
}
//! run loop_forever(1) == 4
//! run returns_otherwise(0) == 1
//! run returns_otherwise(1) == 2
//! run conditional(0) == 4
//! run do_once(3) == 3
