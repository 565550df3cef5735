//! test parse ir interp

int spin()
{
    for (;;)
        ;
}

int spin_in_test(int a)
{
    while (a == a)
    {
    }
    return a;
}

int spin_do()
{
    int x = 0;
    do
        x = !x;
    while (1);
}

int short_enough(int n)
{
    int count = 0;
    while (count < n)
    {
        count++;
    }
    return count;
}
//! run spin() out_of_fuel
//! run spin_in_test(1) out_of_fuel
//! run spin_do() out_of_fuel
//! run short_enough(10000) == 10000
