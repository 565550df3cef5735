//! test parse ir interp

// As the sampler of the restricted subset writes it.
int * func_1(int a[])
{
    int l_7 = -2;
    int l_8 = 3;
    for (int p_0 = 0; p_0 <= 3; p_0++)
    {
        a[p_0] += l_7;
        if (a[p_0] >= (-1) && l_8 != 0)
        {
            a[l_8] = a[p_0] - 1;
            break;
        }
    }
    ++a[4];
    return a;
}
//! run func_1([1, 2, 3, 4, 0]) == [-1, 2, 3, -2, 1]
//! run func_1([0, 0, 0, 0, 0]) == [-2, -2, -2, -2, 1]
//! run func_1([0, 0]) traps out_of_bounds
