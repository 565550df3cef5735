//! test parse ir interp

int sometimes(int a) //~ E0031 the end of `sometimes` can be reached
{
    while (a > 0)
    {
        return a;
    }
}

int never(int a)
{
    for (;;)
    {
        if (a++ > 5)
        {
            return a;
        }
    }
}

int main()
{
}
//! run sometimes(3) == 3
//! run sometimes(0) traps missing_return
//! run never(0) == 7
//! run main() == 0
