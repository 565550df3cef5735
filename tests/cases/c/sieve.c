//! test parse ir interp

int primes_below(int n)
{
    int composite[1000] = {1, 1};
    int count = 0;
    for (int i = 2; i < n; i++)
    {
        if (!composite[i])
        {
            count++;
            for (int j = i * i; j < n; j += i)
            {
                composite[j] = 1;
            }
        }
    }
    return count;
}
//! run primes_below(100) == 25
//! run primes_below(1000) == 168
//! run primes_below(1001) traps out_of_bounds
